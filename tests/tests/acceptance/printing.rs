//! Forms on paper and in Excel (A3): exact headings and columns, filled from a real evening's work.
//!
//! `DUTYBOOK_KEEP_FORMS=FOLDER` keeps every form that is made here, to be looked at and for the pictures of the docs.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use calamine::{Data, Reader, Xlsx};
use dutybook_client::FormAsked;
use dutybook_domain::RecordId;
use dutybook_domain::device::AppRole;
use dutybook_domain::form::{self, Cell, Form, Of, Part, Span};
use dutybook_print::{Language, Printed};
use dutybook_tests::fleet::{Device, Fleet};
use serde_json::json;

/// The columns of A3, in their order.
const COLUMNS: [(&str, &str, &[&str]); 15] = [
    (
        "contact_log",
        "来电/来访记录表",
        &[
            "序号",
            "日期",
            "时间",
            "方式",
            "业户姓名",
            "房号/单位",
            "联系电话",
            "事项类别",
            "内容摘要",
            "紧急程度",
            "处理情况(转办部门)",
            "派工单号",
            "处理结果",
            "回访(时间/方式/意见)",
            "接待人",
            "备注",
        ],
    ),
    (
        "service_requests",
        "服务申请登记表",
        &["序号", "申请时间", "业户", "房号", "电话", "申请事项", "要求时间", "受理人", "转派", "完成时间", "备注"],
    ),
    (
        "follow_ups",
        "回访记录表",
        &[
            "序号",
            "回访时间",
            "回访方式",
            "对象/房号",
            "对应单号",
            "服务态度",
            "及时性",
            "质量",
            "意见建议",
            "后续处理",
            "回访人",
        ],
    ),
    (
        "ledger",
        "客服工作台帐",
        &["序号", "日期", "时间", "班次", "事项", "处理过程", "处理结果", "跟进人", "记录人", "备注"],
    ),
    (
        "patrol_run",
        "巡查记录表",
        &["序号", "巡查点", "应巡时段", "实巡时间", "巡查项目", "情况", "异常描述", "处理措施", "派工单号", "备注"],
    ),
    ("before_closing", "下班前全面巡检记录表", &["类别", "检查项", "标准", "结果", "问题", "处理", "派工单号"]),
    ("emergency_contacts", "应急联系电话表", &["序号", "单位", "电话", "联系人", "适用事项", "核验日期", "核验人"]),
    ("inventory", "岗位公物清点表", &["序号", "品名", "单位", "应有", "实有", "状态", "去向或原因"]),
    ("daily_report", "服务中心日报表", &["事项", "责任人", "时限", "下一步"]),
    ("spot_check", "值班抽查记录表", &["序号", "项目", "结果", "问题"]),
    ("oncall", "管理人员值班联络表", &["呼叫顺序", "职务", "姓名", "手机", "备用", "分管事项"]),
    ("whereabouts", "管理人员去向表", &["申报时间", "职务", "姓名", "状态", "地点", "事由", "预计返回"]),
    (
        "archive_list",
        "归档清单",
        &["序号", "案卷号", "名称", "起止", "条数", "根哈希", "保管期", "存放", "移交", "接收"],
    ),
    (
        "destruction_register",
        "销毁清册",
        &["序号", "案卷号", "名称", "起止", "条数", "销毁依据", "日期", "提出人签名", "监销人签名"],
    ),
    (
        "leaving_post",
        "临时离岗登记表",
        &["序号", "离岗人", "事由", "离岗时间", "预计返回", "实际返回", "顶岗人", "批准人", "状态"],
    ),
];

/// Labels of boxes and titles that A3 wants on the sheets of one record.
const LABELS: [(&str, &[&str]); 6] = [
    (
        "handover",
        &[
            "交接班记录表",
            "交班人",
            "接班人",
            "接班到岗时间",
            "本班概况",
            "未完成事项",
            "重要通知、上级指示",
            "公物清点",
            "钥匙、文件、现金",
            "区域异常及说明",
            "交班人签名",
            "接班人签名",
            "主管审阅",
        ],
    ),
    (
        "complaint",
        &[
            "投诉处理记录",
            "投诉时间",
            "方式",
            "投诉人",
            "房号",
            "电话",
            "投诉内容",
            "类别",
            "性质",
            "受理人",
            "通知客服经理时间",
            "责任部门/人",
            "处理方案",
            "方案时间",
            "反馈时间",
            "处理过程",
            "处理结果",
            "完成时间",
            "投诉人意见",
            "回访",
            "关闭人",
            "经理意见",
        ],
    ),
    (
        "incident",
        &[
            "突发事件记录表",
            "发生时间",
            "发现时间",
            "地点",
            "类别",
            "级别",
            "报告人",
            "经过",
            "原因",
            "已采取措施",
            "启动预案",
            "到场时间",
            "损失",
            "证据清单",
            "处理结果",
            "改进",
        ],
    ),
    (
        "daily_report",
        &[
            "①来电/来访",
            "②派工",
            "③投诉",
            "④巡视",
            "⑤下班前巡检结果",
            "⑥突发事件",
            "⑦上级指示与落实",
            "⑧出勤",
            "⑨遗留事项",
            "⑩次日安排",
            "值班员",
            "接班人",
            "主管审阅",
        ],
    ),
    ("leave", &["请假单", "申请人", "事由", "起止", "代班人", "代班人签名", "审批人意见"]),
    ("swap", &["调班申请单", "申请人", "代班人签名", "审批人签名"]),
];

/// What A3 has a form for, by kind of record; a kind that joins the book and keeps a printed form joins here.
const PRINTED_KINDS: [&str; 15] = [
    "contact_record",
    "work_order",
    "patrol_run",
    "handover",
    "complaint",
    "incident",
    "daily_report",
    "work_log",
    "absence",
    "attendance",
    "spot_check",
    "whereabouts",
    "month_seal",
    "archive_item",
    "journal",
];

/// The boxes of 《服务派工单》.
const BOXES: [&str; 29] = [
    "来源",
    "报修人",
    "房号",
    "电话",
    "报修时间",
    "预约时间",
    "地点部位",
    "服务内容/故障描述",
    "紧急程度",
    "注意事项",
    "派工人",
    "派工时间",
    "接单人/班组",
    "接单时间",
    "到场时间",
    "处理过程",
    "使用材料",
    "规格",
    "数量",
    "单价",
    "金额",
    "人工费",
    "合计",
    "收费方式",
    "完成时间",
    "业户意见",
    "回访人",
    "回访时间",
    "回访意见",
];

/// What somebody drew on the glass.
const STROKES: &str = r#"{"v":1,"w":1000,"h":400,"strokes":[[150,200,60,-90,40,140,70,-150,50,160],[480,120,180,10],[560,60,10,260,-60,-30]]}"#;

struct Evening {
    fleet: Fleet,
    desk: Device,
    tablet: Device,
    order: RecordId,
    run: RecordId,
    closing: RecordId,
    records: BTreeMap<&'static str, RecordId>,
}

/// A call becomes an order that is worked, paid for and followed up; a round finds a leak; a second caller asks.
async fn evening() -> Result<Evening> {
    let fleet = Fleet::demo("2026-11-24 15:55").await?;
    let desk = fleet.desk().await?;
    let plumber = fleet.tablet("维修平板", "维修员甲").await?;
    let tablet = fleet.tablet("夜班平板", "秩序维护员甲").await?;
    let call = json!({ "do": "register", "way": "call", "rings": 2, "unit_label": "3-2-1502", "name": "喆堃",
        "phone": "0555-01502", "category": "repair", "summary": "厨房水槽下跑水,已关总阀,楼下 1402 顶棚有水迹",
        "urgency": "critical", "handling": "工程部", "make_order": true, "dispatch_to": [desk.person("维修员甲")?] });
    let taken = desk.act("contact_record", None, call)?;
    let order = taken.records.iter().find(|it| it.kind == "work_order").context("an order was made")?.id;
    desk.act(
        "contact_record",
        None,
        json!({ "do": "register", "way": "visit", "unit_label": "5-302", "name": "𠮷田😀", "phone": "13000000000",
            "category": "enquiry", "summary": "=SUM(1,2) 问物业费怎么交", "urgency": "normal",
            "result": "已告知前台和手机都可交" }),
    )?;
    let url = fleet.url()?;
    desk.sync(&url).await?;
    plumber.sync(&url).await?;
    for step in ["accept", "depart", "arrive", "start"] {
        plumber.clock.advance_minutes(4);
        plumber.act("work_order", Some(order), json!({ "do": step }))?;
    }
    plumber.clock.advance_minutes(25);
    plumber.act(
        "work_order",
        Some(order),
        json!({ "do": "finish", "process": "更换水槽下软管并试水,无渗漏", "minutes": 25, "labour_fen": 3000,
            "charge": "transfer", "materials": [
                { "name": "不锈钢编织软管", "spec": "40cm", "quantity_milli": 1000, "unit": "根", "price_fen": 1850 },
                { "name": "生料带", "spec": "", "quantity_milli": 1500, "unit": "卷", "price_fen": 200 }] }),
    )?;
    plumber.act(
        "work_order",
        Some(order),
        json!({ "do": "confirm", "opinion": "satisfied", "comment": "很快", "signature": STROKES, "signer_name": "喆堃" }),
    )?;
    plumber.sync(&url).await?;
    desk.sync(&url).await?;
    desk.clock.advance_minutes(120);
    desk.act(
        "work_order",
        Some(order),
        json!({ "do": "follow_up", "method": "phone", "attitude": "satisfied", "timeliness": "satisfied",
            "quality": "basically", "opinion": "希望留个备用软管", "satisfied": true }),
    )?;

    tablet.clock.advance_minutes(6 * 60 + 6);
    let run = tablet.run("夜间巡更", "22:00")?;
    for stop in run.stops.iter().take(2) {
        tablet.act("patrol_run", Some(run.record), json!({ "do": "scan", "code": stop.code, "method": "qr" }))?;
        tablet.act("patrol_run", Some(run.record), json!({ "do": "all_normal", "stop": stop.index }))?;
        tablet.clock.advance_minutes(3);
    }
    let item = &run.stops[0].checklist[0];
    tablet.act(
        "patrol_run",
        Some(run.record),
        json!({ "do": "report_finding", "stop": 0, "item_key": item.key, "description": "阀门滴水", "urgency": "urgent",
            "make_order": true }),
    )?;
    tablet.sync(&url).await?;
    desk.sync(&url).await?;
    let closing = desk.run("下班前", "16:30")?.record;
    Ok(Evening { fleet, desk, tablet, order, run: run.record, closing, records: BTreeMap::new() })
}

/// What a day leaves in the office: something of every kind that prints as a form of its own, by the form's word.
async fn the_office(fleet: &Fleet, desk: &Device, tablet: &Device) -> Result<BTreeMap<&'static str, RecordId>> {
    let today = desk.client.today();
    let office = fleet.device(AppRole::Desk, "主任电脑").await?;
    office.clock.advance_minutes(u32::try_from((desk.client.now().0 - office.client.now().0) / 60_000)?);
    office.sign_in("客服主任")?;

    let call = json!({ "do": "register", "way": "call", "rings": 2, "category": "complaint", "unit_label": "3-2-1502",
        "name": "何𠮷", "phone": "5550-8821", "summary": "楼上深夜装修,无人管😀",
        "complaint": { "topic": "噪声", "grade": "general" } });
    let done = desk.act("contact_record", None, call)?;
    let complaint = done.records.iter().find(|it| it.kind == "complaint").context("it is one")?.id;
    desk.act("complaint", Some(complaint), json!({ "do": "notify", "method": "phone" }))?;

    let smoke = json!({ "do": "start", "category": "fire", "place": "B1 配电房", "words": "冒烟" });
    let incident = tablet.act("incident", None, smoke)?.record;
    tablet.act("incident", Some(incident), json!({ "do": "control", "measure": "已断电,灭火器扑救" }))?;
    tablet.act("incident", Some(incident), json!({ "do": "report" }))?;
    let kept = json!({ "do": "keep_evidence", "sort": "photo", "note": "烧毁的电缆", "file_name": "1.jpg", "sha256": "0a".repeat(32) });
    tablet.act("incident", Some(incident), kept)?;

    let report = dutybook_domain::daily_report::record_of(today);
    desk.act(
        "daily_report",
        Some(report),
        json!({ "do": "write", "weather": "晴", "tomorrow": "清洗水箱", "remark": "" }),
    )?;
    desk.act("daily_report", Some(report), json!({ "do": "sign" }))?;
    let log = dutybook_domain::work_log::record_of(today);
    desk.act("work_log", Some(log), json!({ "do": "write", "text": "一、主要工作\n清点消防器材" }))?;
    desk.act("work_log", Some(log), json!({ "do": "sign" }))?;

    let leave = json!({ "do": "apply", "form": { "form": "leave", "leave": "personal", "from": "2026-11-28", "to": "2026-11-28" },
        "cover": desk.person("值班员乙")?, "reason": "体检" });
    let leave = desk.act("absence", None, leave)?.record;
    let swap = json!({ "do": "apply", "form": { "form": "swap", "day": "2026-11-27", "back": null },
        "cover": desk.person("值班员乙")?, "reason": "考试" });
    let swap = desk.act("absence", None, swap)?.record;
    let said =
        json!({ "do": "declare", "presence": "meeting", "place": "公司会议室", "reason": "月度例会", "back_at": null });
    office.act("whereabouts", None, said).or_else(|_| {
        let mine =
            office.client.on_day("whereabouts", today)?.into_iter().find(|it| it.card.title.contains("客服主任"));
        let mine = mine.context("everybody has a line on the board")?.id;
        office.act(
            "whereabouts",
            Some(mine),
            json!({ "do": "declare", "presence": "meeting", "place": "公司会议室",
            "reason": "月度例会", "back_at": null }),
        )
    })?;
    let check = json!({ "do": "check", "person": office.person("值班员甲")?, "shift": "早班",
        "items": [{ "item": "到岗", "verdict": "good" }, { "item": "工牌", "verdict": "poor", "note": "未戴" }], "rectify_by": office.client.now().plus_minutes(60) });
    let check = office.act("spot_check", None, check)?.record;
    office.act("spot_check", Some(check), json!({ "do": "sign", "opinion": "见附图" }))?;
    office.act("spot_check", Some(check), json!({ "do": "sign_here", "signature": STROKES, "opinion": "已整改" }))?;
    let due = desk.client.now().plus_minutes(120);
    let written = json!({ "do": "write", "giver": desk.person("客服主任")?, "source": "spoken",
        "content": "上午把南门路灯全部修好", "owner": [desk.person("维修员甲")?], "due": due });
    desk.act("instruction", None, written)?;
    desk.act("journal", None, json!({ "do": "enter", "subject": "清点消防器材", "process": "", "result": "正常" }))?;

    let handover = tablet.client.on_day("handover", today)?.into_iter().next().context("none is planned")?.id;
    tablet.act(
        "handover",
        Some(handover),
        json!({ "do": "prepare", "summary": "平稳", "notices": "明早停水", "keys": "", "area": "" }),
    )?;
    // The month is sealed when it is over.
    let month = dutybook_domain::month_seal::record_of("2026-11".parse().map_err(anyhow::Error::msg)?);
    fleet.meet(&[desk, tablet, &office]).await?;
    office.clock.advance_minutes(8 * 24 * 60);
    office.act("month_seal", Some(month), json!({ "do": "seal" }))?;
    fleet.meet(&[desk, tablet, &office]).await?;
    Ok(BTreeMap::from([
        ("complaint", complaint),
        ("incident", incident),
        ("daily_report", report),
        ("work_log", log),
        ("leave", leave),
        ("swap", swap),
        ("spot_check", check),
        ("handover", handover),
        ("inventory", handover),
        ("ledger_cover", month),
    ]))
}

impl Evening {
    fn asked(&self, sheet: &form::Sheet) -> FormAsked {
        let record = match sheet.name {
            "patrol_run" => self.run,
            "before_closing" => self.closing,
            name => self.records.get(name).copied().unwrap_or(self.order),
        };
        let month = Span::month("2026-11").unwrap();
        FormAsked {
            form: sheet.name.into(),
            record: matches!(sheet.of, Of::Record(_) | Of::AnyRecord).then_some(record),
            kind: (sheet.of == Of::AnyRecords).then(|| "work_order".into()),
            from: Some(month.from),
            to: Some(month.to),
        }
    }
}

fn printed(device: &Device) -> Printed {
    Printed { at: device.client.now(), by: "值班员甲".into(), device: device.client.identity().prefix.clone() }
}

fn keep(name: &str, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = std::env::var_os("DUTYBOOK_KEEP_FORMS") {
        std::fs::create_dir_all(&folder)?;
        std::fs::write(std::path::Path::new(&folder).join(name), bytes)?;
    }
    Ok(())
}

/// Text without white space and the places where a long number may break: a cell breaks its lines where it likes.
fn flat(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '\u{200b}').collect()
}

fn columns(form: &Form) -> Vec<&str> {
    let tables = form.parts.iter().filter_map(|part| match part {
        Part::Table { columns, .. } => Some(columns),
        Part::Fields { .. } => None,
    });
    tables.flatten().map(|column| column.heading.zh.as_str()).collect()
}

#[test]
fn every_kind_that_is_kept_on_paper_has_a_form_of_its_own() {
    let has = |kind: &str| {
        form::ALL.iter().any(|sheet| matches!(sheet.of, Of::Record(of) | Of::Records(of) if of == kind))
            || kind == "journal" && form::find("ledger").is_some()
    };
    let registers = dutybook_domain::register::SHEETS.iter().map(|sheet| sheet.kind);
    let without: Vec<&str> = PRINTED_KINDS.into_iter().chain(registers).filter(|kind| !has(kind)).collect();
    assert_eq!(without, Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_prints_and_exports_with_its_heading_and_its_columns() -> Result<()> {
    let mut evening = evening().await?;
    evening.records = the_office(&evening.fleet, &evening.desk, &evening.tablet).await?;
    let desk = &evening.desk;
    let mut headings = String::new();
    for sheet in form::ALL.iter() {
        let form = desk.client.form(&evening.asked(sheet))?;
        let heading = form.heading.zh.clone();
        headings += &format!("{}\t{heading}\t{}\n", sheet.name, form.heading.en);
        if let Some((_, wanted, named)) = COLUMNS.iter().find(|(name, ..)| *name == sheet.name) {
            assert_eq!(&heading, wanted);
            assert_eq!(&columns(&form), named, "{heading}");
        }
        assert!(dutybook_print::book_face_has(&heading), "{heading}: run crates/print/fonts/make.sh");

        let pdf = dutybook_print::pdf(&form, &printed(desk), Language::Chinese)?;
        keep(&format!("{}.pdf", sheet.name), &pdf)?;
        let text = flat(&pdf_extract::extract_text_from_mem(&pdf)?);
        assert!(text.contains(&flat(&heading)), "{heading} stands on its sheet: {text}");
        for column in columns(&form) {
            assert!(text.contains(&flat(column)), "{heading}: {column} in {text}");
        }
        let labels = LABELS.iter().filter(|(name, _)| *name == sheet.name).flat_map(|(_, labels)| *labels);
        for label in labels {
            assert!(text.contains(&flat(label)), "{heading}: {label} in {text}");
        }
        assert!(text.contains("第1页/共"), "{heading}: page x of y in {text}");
        assert!(text.contains(&form.version), "{heading}: the version");
        let english = dutybook_print::pdf(&form, &printed(desk), Language::English)?;
        let english = flat(&pdf_extract::extract_text_from_mem(&english)?);
        assert!(english.contains("Page1of"), "{heading}: {english}");

        let xlsx = dutybook_print::xlsx(&form, &printed(desk), Language::Chinese)?;
        keep(&format!("{}.xlsx", sheet.name), &xlsx)?;
        let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(xlsx))?;
        let cells = book.worksheet_range_at(0).context("a sheet")??;
        let texts: Vec<String> = cells.used_cells().map(|(_, _, cell)| cell.to_string()).collect();
        for wanted in columns(&form).into_iter().chain([heading.as_str()]) {
            assert!(texts.iter().any(|text| text == wanted), "{heading}: {wanted} in Excel");
        }
    }
    keep("headings.tsv", headings.as_bytes())?;
    evening.fleet.finish(&[&evening.desk]).await
}

/// Signed on the checker's device: each name stands in its own box, and the opinion is the checked person's.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_checked_signs_in_their_own_box() -> Result<()> {
    let mut evening = evening().await?;
    evening.records = the_office(&evening.fleet, &evening.desk, &evening.tablet).await?;
    let sheet = form::find("spot_check").context("a form")?;
    let form = evening.desk.client.form(&evening.asked(sheet))?;
    let names: Vec<(&str, &str)> = form.signatures.iter().map(|it| (it.label.zh.as_str(), it.name.as_str())).collect();
    assert_eq!(names, [("被查人签名", "值班员甲"), ("抽查人签名", "客服主任")]);
    let said = serde_json::to_string(&form.parts)?;
    assert!(said.contains("已整改") && !said.contains("见附图"), "{said}");
    evening.fleet.finish(&[&evening.desk]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatch_order_has_three_copies_and_every_box() -> Result<()> {
    let evening = evening().await?;
    let form = evening.desk.client.form(&FormAsked {
        form: "work_order".into(),
        record: Some(evening.order),
        ..FormAsked::default()
    })?;
    let pdf = dutybook_print::pdf(&form, &printed(&evening.desk), Language::Chinese)?;
    let pages = pdf_extract::extract_text_from_mem_by_pages(&pdf)?;
    assert_eq!(pages.len(), 3, "客服存根, 施工, 业户, each on one A5 sheet");
    for (page, copy) in pages.iter().zip(["第一联客服存根", "第二联施工", "第三联业户"]) {
        let page = flat(page);
        assert!(page.contains(copy), "{copy}: {page}");
        assert!(page.contains("第1页/共1页"), "each copy counts its own pages: {page}");
        // 18.50 + 3.00 + 30.00 of labour.
        for wanted in BOXES.iter().chain(&["业户签名", "施工人签名", "3-2-1502", "51.50", "■满意", "希望留个备用软管"])
        {
            assert!(page.contains(&flat(wanted)), "{wanted} on {copy}: {page}");
        }
    }
    evening.fleet.finish(&[&evening.desk]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn excel_gets_dates_and_numbers_and_a_room_stays_a_room() -> Result<()> {
    let evening = evening().await?;
    let sheet = form::find("contact_log").unwrap();
    let form = evening.desk.client.form(&evening.asked(sheet))?;
    let xlsx = dutybook_print::xlsx(&form, &printed(&evening.desk), Language::Chinese)?;
    let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(xlsx))?;
    let cells = book.worksheet_range_at(0).context("a sheet")??;
    let all: Vec<&Data> = cells.used_cells().map(|(_, _, cell)| cell).collect();
    let has = |wanted: &str| all.iter().any(|cell| matches!(cell, Data::String(text) if text == wanted));
    assert!(has("3-2-1502"), "a room number is text");
    assert!(has("0555-01502") && has("13000000000"), "a telephone number is text, with its zero");
    assert!(has("𠮷田😀"), "a rare name is whole");
    assert!(has("=SUM(1,2) 问物业费怎么交"), "what somebody typed is no formula");
    let days = all.iter().filter(|cell| matches!(cell, Data::DateTime(_))).count();
    assert_eq!(days, 4, "two records, each with a day and a time: {all:?}");
    assert!(all.iter().any(|cell| matches!(cell, Data::Float(number) if *number == 1.0)), "序号 is a number");
    evening.fleet.finish(&[&evening.desk]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_printed_again_after_a_late_merge_says_that_it_is_another_version() -> Result<()> {
    let evening = evening().await?;
    let sheet = form::find("ledger").unwrap();
    let asked = evening.asked(sheet);
    let (first, again) = (evening.desk.client.form(&asked)?, evening.desk.client.form(&asked)?);
    assert_eq!(first.version, again.version, "nothing happened in between");
    let late = evening.fleet.tablet("迟到的平板", "秩序维护员乙").await?;
    late.act(
        "work_order",
        None,
        json!({ "do": "report", "title": "楼道灯不亮", "source": { "from": "tablet" }, "urgency": "normal" }),
    )?;
    late.sync(&evening.fleet.url()?).await?;
    evening.desk.sync(&evening.fleet.url()?).await?;
    let later = evening.desk.client.form(&asked)?;
    assert_ne!(first.version, later.version, "the sheets say different things, and their footers say so");
    let rows = |form: &Form| match &form.parts[0] {
        Part::Table { rows, .. } => rows.clone(),
        Part::Fields { .. } => Vec::new(),
    };
    assert_eq!(rows(&later).len(), rows(&first).len() + 1);
    evening.fleet.finish(&[&evening.desk, &late]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_points_at_its_line_and_the_line_at_its_correction() -> Result<()> {
    let evening = evening().await?;
    let history = evening.desk.client.history(evening.order)?;
    let fact = history.iter().find(|it| it.fact.kind == "followed_up").context("it was followed up")?.fact.fact;
    evening.desk.client.act(
        &dutybook_client::Target { kind: "work_order".into(), record: Some(evening.order) },
        json!({ "do": "amend", "of": fact, "field": "opinion", "value": "无", "reason": "听错了" }),
    )?;
    let form = evening.desk.client.form(&evening.asked(form::find("ledger").unwrap()))?;
    let Part::Table { rows, .. } = &form.parts[0] else { anyhow::bail!("a ledger is a table") };
    let remarks: Vec<_> = rows
        .iter()
        .filter_map(|row| match (row.cells.first(), row.cells.last()) {
            (Some(Cell::Count(number)), Some(Cell::Text(words))) => Some((*number, words.zh.clone())),
            _ => None,
        })
        .collect();
    let (corrected, see) = remarks.iter().find(|(_, text)| text.starts_with("更正见第")).context("更正见第 n 条")?;
    let (correction, about) = remarks.iter().find(|(_, text)| text.starts_with("对第")).context("对第 n 条")?;
    assert_eq!(see, &format!("更正见第{correction}条"));
    assert_eq!(about, &format!("对第{corrected}条"));
    evening.fleet.finish(&[&evening.desk]).await
}
