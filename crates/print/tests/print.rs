//! What a sheet must have whatever stands on it, and workbooks read back.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use dutybook_domain::form::{Blank, Cell, Column, Form, Paper, Part, Row, SignatureBox};
use dutybook_domain::site::{Site, file};
use dutybook_domain::{Timestamp, Words, Zone};
use dutybook_print::{Language, Printed, import, pdf, xlsx};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

/// A register with `rows` lines.
fn register(rows: usize, text: &str) -> Form {
    let word = |text: &str| Words::same(text);
    Form {
        name: "test".into(),
        heading: word("来电/来访记录表"),
        centre: "示范小区服务中心".into(),
        paper: Paper::A4Wide,
        head: vec![(word("日期"), Cell::Text(word("2026-11-24")))],
        parts: vec![Part::Table {
            title: None,
            columns: vec![
                Column::mark(22, word("序号")),
                Column::text(100, word("内容摘要")),
                Column::mark(40, word("时间")),
            ],
            rows: (1..=rows)
                .map(|at| {
                    let at = i64::try_from(at).unwrap();
                    Row::from(vec![Cell::Count(at), Cell::typed(text), Cell::Moment(Timestamp(1_781_136_000_000))])
                })
                .collect(),
            blank: Blank::Page,
        }],
        signatures: vec![SignatureBox::open(word("值班员签名"))],
        version: "0123456789abcdef".into(),
        zone: Zone::default(),
        ..Form::default()
    }
}

fn printed() -> Printed {
    Printed { at: Timestamp(1_781_136_000_000), by: "值班员甲".into(), device: "D1".into() }
}

fn pages(form: &Form) -> Vec<String> {
    let pdf = pdf(form, &printed(), Language::Chinese).unwrap();
    let pages = pdf_extract::extract_text_from_mem_by_pages(&pdf).unwrap();
    pages.iter().map(|page| page.chars().filter(|c| !c.is_whitespace() && *c != '\u{200B}').collect()).collect()
}

/// A hash has no place to break; it goes on in the next line and not out of its cell.
#[test]
fn a_word_without_joints_stays_in_its_cell() {
    let hash = "0a1b2c3d".repeat(60);
    let pages = pages(&register(20, &hash));
    assert!(pages.len() > 1, "twenty cells of 480 characters are higher than one page");
    assert_eq!(pages.concat().matches(&hash).count(), 20);
}

#[test]
fn blank_rows_fill_the_page_and_say_so_once() {
    for rows in [0, 1, 5] {
        let pages = pages(&register(rows, "问物业费"));
        assert_eq!(pages.len(), 1, "{rows} rows");
        assert_eq!(pages[0].matches("以下空白").count(), 1, "{}", pages[0]);
        assert!(pages[0].contains("第1页/共1页"), "{}", pages[0]);
    }
}

#[test]
fn a_long_register_goes_on_overleaf_with_its_columns_and_its_page_numbers() {
    let pages = pages(&register(120, "厨房跑水"));
    assert!(pages.len() > 3);
    for (page, number) in pages.iter().zip(1..) {
        assert!(page.contains("内容摘要"), "the columns are named on page {number}: {page}");
        assert!(page.contains(&format!("第{number}页/共{}页", pages.len())), "{page}");
        assert!(page.contains("0123456789abcdef"), "every page says its version");
    }
    assert!(pages.last().unwrap().contains("值班员签名"));
    let all = pages.concat();
    assert_eq!(all.matches("厨房跑水").count(), 120, "no line is lost");
}

#[test]
fn no_character_is_dropped() {
    // U+10FFFD is private: no font has it. The others are in our fonts, in the system's, or in a box with their code.
    let text = "𠮷田、㛃、喆堃、😀\u{10FFFD}";
    let page = pages(&register(1, text)).concat();
    assert!(page.contains('𠮷') && page.contains('㛃') && page.contains("喆堃"), "{page}");
    assert!(page.contains("10FFFD"), "a character that no font has stands as a box with its code: {page}");
    assert!(page.contains('😀') || page.contains("1F600"), "{page}");
}

#[test]
fn what_somebody_typed_is_never_markup() {
    let text = r##"#pagebreak() *b* _i_ $x$ `c` "q" \ <l> @r // [x] = h"##;
    let page = pages(&register(1, text)).concat();
    let flat: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    assert!(page.replace('\u{200b}', "").contains(&flat), "{page}");
}

#[test]
fn the_same_form_gives_the_same_bytes() {
    let form = register(3, "同一张");
    assert_eq!(pdf(&form, &printed(), Language::Chinese).unwrap(), pdf(&form, &printed(), Language::Chinese).unwrap());
    assert_eq!(
        xlsx(&form, &printed(), Language::Chinese).unwrap(),
        xlsx(&form, &printed(), Language::Chinese).unwrap()
    );
}

// ---- import ---------------------------------------------------------------------------------------------------------

fn demo() -> Site {
    file::parse(include_str!("../../../demo/site.toml")).unwrap().site
}

fn sheet(name: &str, rows: &[&[&str]]) -> Workbook {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name(name).unwrap();
    for (row, cells) in (0_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(*cells) {
            sheet.write_string(row, column, *cell).unwrap();
        }
    }
    workbook
}

#[test]
fn people_of_a_workbook_are_the_people_of_the_site_file() {
    let mut workbook = sheet(
        "人员",
        &[&["编号", "姓名", "角色", "部门班组", "电话"], &["new-a", "喆堃", "值班员、客服主任", "客服部", "0555-1"]],
    );
    let read = import::read(&workbook.save_to_buffer().unwrap(), "demo", &demo()).unwrap();
    let changes = read.changes(&demo()).unwrap();
    assert_eq!(changes.define.len(), 1, "what has no sheet is left alone: {:?}", changes.define);
    let change = &changes.define[0];
    assert_eq!(change.record, file::item_id("demo", "person", "new-a"));
    assert!(change.new && change.title == "喆堃");
    let definition = &change.action["definition"];
    assert_eq!(definition["roles"], serde_json::json!(["duty_officer", "cs_supervisor"]));
    assert_eq!(definition["phone"], "0555-1", "with its zero");
}

#[test]
fn every_bad_cell_is_named() {
    let mut workbook = sheet(
        "人员",
        &[
            &["编号", "姓名", "角色", "密码"],
            &["a", "甲", "值班员", "2580"],
            &["b", "乙", "值班人", "2581"],
            &["c", "丙", "值班员", "1234"],
        ],
    );
    let problems = import::read(&workbook.save_to_buffer().unwrap(), "demo", &demo()).unwrap_err();
    let cells: Vec<(&str, &str)> = problems.iter().map(|it| (it.sheet.as_str(), it.cell.as_str())).collect();
    assert_eq!(cells, [("人员", "C3"), ("人员", "D4")], "{problems:?}");
}

#[test]
fn a_room_that_became_a_date_is_pointed_out_and_not_guessed() {
    let mut workbook = Workbook::new();
    let units = workbook.add_worksheet().set_name("房号").unwrap();
    for (column, heading) in (0_u16..).zip(["房号", "业户", "电话", "备注"]) {
        units.write_string(0, column, heading).unwrap();
    }
    units.write_string(1, 0, "3-2-1502").unwrap();
    units.write_string(1, 1, "喆堃、𠮷田").unwrap();
    units.write_string(1, 2, "0555-1、0555-2").unwrap();
    let date = ExcelDateTime::from_ymd(2026, 3, 2).unwrap();
    units.write_datetime_with_format(2, 0, &date, &Format::new().set_num_format("m-d")).unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    let problems = import::read(&bytes, "demo", &demo()).unwrap_err();
    assert_eq!((problems[0].sheet.as_str(), problems[0].cell.as_str()), ("房号", "A3"), "{problems:?}");
}

#[test]
fn units_rosters_and_checklists_are_read() {
    let mut units =
        sheet("房号", &[&["房号", "业户", "电话", "备注"], &["3-2-1502", "喆堃、𠮷田", "0555-1、0555-2", "独居老人"]]);
    let read = import::read(&units.save_to_buffer().unwrap(), "demo", &demo()).unwrap();
    let changes = read.changes(&demo()).unwrap();
    assert_eq!(changes.define.len(), 1);
    let occupants = &changes.define[0].action["definition"]["occupants"];
    assert_eq!(
        occupants,
        &serde_json::json!([{ "name": "喆堃", "phone": "0555-1" }, { "name": "𠮷田", "phone": "0555-2" }])
    );

    let mut lists = sheet(
        "检查表",
        &[
            &["检查表编号", "检查表", "项目编号", "检查项", "标准", "类别"],
            &["roof", "天台", "door", "门锁", "锁闭", "防盗"],
            &["", "", "drain", "排水口", "无堵塞", "防灾"],
        ],
    );
    let read = import::read(&lists.save_to_buffer().unwrap(), "demo", &demo()).unwrap();
    let changes = read.changes(&demo()).unwrap();
    assert_eq!(changes.define[0].action["definition"]["items"].as_array().unwrap().len(), 2, "two rows are one list");

    let wrong = sheet("排班 2026-11", &[&["编号", "1"], &["nobody", "早"]]).save_to_buffer().unwrap();
    let problems = import::read(&wrong, "demo", &demo()).unwrap_err();
    assert!(problems.iter().any(|it| it.sheet == "排班 2026-11" && it.cell == "A2"), "{problems:?}");
}

/// A whole district in one sheet: of ten thousand rows every wrong one is named, and nothing else.
#[test]
fn of_ten_thousand_rows_the_wrong_ones_are_named() {
    let wrong = [(17, "x"), (2_500, "5550-1502-我"), (9_999, "-")];
    let rows: Vec<[String; 4]> = (1..=10_000)
        .map(|row| {
            let phone = wrong.iter().find(|(at, _)| *at == row).map_or("5550-1502", |(_, phone)| *phone);
            // One room twice, far apart.
            let room = if row == 8_000 { 4_000 } else { row };
            [
                format!("9-{}-{}", room / 100 + 1, room % 100 + 100),
                "龘𠮷😀".into(),
                phone.into(),
                "备注,\"引号\"\\".into(),
            ]
        })
        .collect();
    let heading = ["房号", "业户", "电话", "备注"];
    let cells: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let all: Vec<&[&str]> = std::iter::once(&heading[..]).chain(cells.iter().map(Vec::as_slice)).collect();
    let problems = import::read(&sheet("房号", &all).save_to_buffer().unwrap(), "demo", &demo()).unwrap_err();
    let mut named: Vec<&str> = problems.iter().map(|it| it.cell.as_str()).collect();
    named.sort_unstable();
    assert_eq!(named, ["A8001", "C10000", "C18", "C2501"], "{problems:?}");
    let twice = problems.iter().find(|it| it.cell == "A8001").unwrap();
    assert!(twice.words.zh.contains("第 4001 行已有"), "{twice:?}");

    // Mended, all of it is read, signs and rare characters as they stand.
    let mended: Vec<&[&str]> = std::iter::once(&heading[..])
        .chain(
            cells
                .iter()
                .enumerate()
                .filter(|(at, row)| *at != 7_999 && row[2] == "5550-1502")
                .map(|(_, row)| row.as_slice()),
        )
        .collect();
    let read = import::read(&sheet("房号", &mended).save_to_buffer().unwrap(), "demo", &demo()).unwrap();
    let changes = read.changes(&demo()).unwrap();
    assert_eq!(changes.define.len(), 10_000 - 4);
    let definition = &changes.define[0].action["definition"];
    assert_eq!(definition["occupants"][0]["name"], "龘𠮷😀");
    assert_eq!(definition["note"], "备注,\"引号\"\\");
}

#[test]
fn a_file_that_is_no_workbook_says_so() {
    let problems = import::read(b"PK no", "demo", &demo()).unwrap_err();
    assert!(problems[0].words.zh.contains("Excel"));
}
