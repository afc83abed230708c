//! Forms on paper and in Excel (A3): exact headings and columns, filled from a real evening's work.
//!
//! `DUTYBOOK_KEEP_FORMS=FOLDER` keeps every form that is made here, to be looked at and for the pictures of the docs.

use anyhow::{Context, Result};
use calamine::{Data, Reader, Xlsx};
use dutybook_client::FormAsked;
use dutybook_domain::RecordId;
use dutybook_domain::form::{self, Cell, Form, Of, Part, Span};
use dutybook_print::{Language, Printed};
use dutybook_tests::fleet::{Device, Fleet};
use serde_json::json;

/// The columns of A3, in their order.
const COLUMNS: [(&str, &str, &[&str]); 7] = [
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

struct Evening {
    fleet: Fleet,
    desk: Device,
    order: RecordId,
    run: RecordId,
    closing: RecordId,
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
    let strokes = r#"{"v":1,"w":1000,"h":400,"strokes":[[150,200,60,-90,40,140,70,-150,50,160],[480,120,180,10],[560,60,10,260,-60,-30]]}"#;
    plumber.act(
        "work_order",
        Some(order),
        json!({ "do": "confirm", "opinion": "satisfied", "comment": "很快", "signature": strokes, "signer_name": "喆堃" }),
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
    Ok(Evening { fleet, desk, order, run: run.record, closing })
}

impl Evening {
    fn asked(&self, sheet: &form::Sheet) -> FormAsked {
        let record = match sheet.name {
            "patrol_run" => self.run,
            "before_closing" => self.closing,
            _ => self.order,
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

#[tokio::test(flavor = "multi_thread")]
async fn every_form_prints_and_exports_with_its_heading_and_its_columns() -> Result<()> {
    let evening = evening().await?;
    let desk = &evening.desk;
    for sheet in form::ALL {
        let form = desk.client.form(&evening.asked(sheet))?;
        let heading = form.heading.zh.clone();
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
