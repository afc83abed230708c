//! A site's people, units, checklists and rosters from an Excel workbook.
//!
//! A workbook is read into the text of a site file and judged by the site file's own reader, so there is one set of
//! rules for both; every cell has a line of that text to itself, and a problem in the line is a problem of the cell.
//!
//! Invariants
//! - Nothing is written here: the answer says what would change, or which cells are wrong and why.
//! - What a workbook does not have a sheet for is left alone.
//! - A room that Excel took for a date (3-2 as 2 March) is pointed out, never guessed at.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use dutybook_domain::site::file::{self, Changes, FileError, Level, SiteFile};
use dutybook_domain::site::{Site, items::Definition};
use dutybook_domain::{Words, site, words};
use serde::Serialize;

/// Something wrong with one cell.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CellProblem {
    /// How much it matters.
    pub level: Level,
    /// The sheet's name.
    pub sheet: String,
    /// The cell, such as `C12`.
    pub cell: String,
    /// What is wrong.
    pub words: Words,
    /// What to do instead, where that can be said.
    pub hint: Option<Words>,
}

/// A workbook that was read and found in order.
#[derive(Debug)]
pub struct Imported {
    /// What the sheets are about.
    kinds: BTreeSet<&'static str>,
    file: SiteFile,
    /// What somebody should look at.
    pub warnings: Vec<CellProblem>,
}

impl Imported {
    /// What differs between the workbook and the site as it stands, of the kinds that the workbook has sheets for.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn changes(&self, current: &Site) -> Result<Changes, FileError> {
        let mut changes = self.file.changes(current)?;
        changes.define.retain(|change| self.kinds.contains(change.kind));
        changes.gone.retain(|gone| self.kinds.contains(gone.kind));
        Ok(changes)
    }
}

/// A column of a sheet: its heading, and the field of the site file it fills.
struct Known {
    heading: &'static str,
    field: &'static str,
    how: How,
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    Text,
    /// Several, parted by 、 or ;.
    List,
}

const PEOPLE: &[Known] = &[
    Known { heading: "编号", field: "key", how: How::Text },
    Known { heading: "姓名", field: "name", how: How::Text },
    Known { heading: "角色", field: "roles", how: How::List },
    Known { heading: "部门班组", field: "team", how: How::Text },
    Known { heading: "电话", field: "phone", how: How::Text },
    Known { heading: "密码", field: "pin", how: How::Text },
];
const ITEMS: &[Known] = &[
    Known { heading: "项目编号", field: "key", how: How::Text },
    Known { heading: "检查项", field: "name", how: How::Text },
    Known { heading: "标准", field: "standard", how: How::Text },
    Known { heading: "类别", field: "family", how: How::Text },
    Known { heading: "读数单位", field: "unit", how: How::Text },
    Known { heading: "紧急程度", field: "urgency", how: How::Text },
];

/// The text of a site file under way, and which cell each of its lines is of.
#[derive(Default)]
struct Text {
    lines: Vec<String>,
    cells: Vec<Option<(String, u32, u32)>>,
}

impl Text {
    fn push(&mut self, line: String, cell: Option<(&str, u32, u32)>) {
        self.lines.push(line);
        self.cells.push(cell.map(|(sheet, row, column)| (sheet.to_owned(), row, column)));
    }
}

/// A sheet with its cells.
struct Sheet {
    name: String,
    /// Cells from A1 on.
    rows: Vec<Vec<Data>>,
}

impl Sheet {
    fn column(&self, heading: &str) -> Option<usize> {
        self.rows.first()?.iter().position(|cell| shown(cell).trim() == heading)
    }

    fn filled(&self) -> impl Iterator<Item = (u32, &Vec<Data>)> {
        (0_u32..).zip(&self.rows).skip(1).filter(|(_, row)| row.iter().any(|cell| !shown(cell).trim().is_empty()))
    }
}

/// Reads a workbook for the site with this `code`, which now looks like `current`.
///
/// Sheets: 人员 (编号, 姓名, 角色, 部门班组, 电话, 密码) · 房号 (房号, 业户, 电话, 备注) · 检查表 (检查表编号, 检查表, 项目编号, 检查项,
/// 标准, 类别, 读数单位, 紧急程度) · 排班 2026-11 (编号, then one column for each day).
///
/// # Errors
/// Every bad cell, warnings among them.
pub fn read(workbook: &[u8], code: &str, current: &Site) -> Result<Imported, Vec<CellProblem>> {
    let whole =
        |words| vec![CellProblem { level: Level::Error, sheet: String::new(), cell: String::new(), words, hint: None }];
    let sheets = sheets(workbook).map_err(|error| {
        whole(words!("这不是能读的 Excel 文件(.xlsx):{error}", "This is no readable Excel file (.xlsx): {error}"))
    })?;
    let mut text = Text::default();
    let mut problems = Vec::new();
    let mut kinds = BTreeSet::new();
    for line in [
        "[site]".to_owned(),
        format!("code = {}", quoted(code)),
        format!("name = {}", quoted(&current.settings.site_name)),
        format!("centre = {}", quoted(&current.settings.centre_name)),
    ] {
        text.push(line, None);
    }
    for (at, shift) in current.shifts.values().enumerate() {
        for line in [
            "[[shift]]".to_owned(),
            format!("key = \"shift-{at}\""),
            format!("name = {}", quoted(&shift.name)),
            format!("mark = {}", quoted(&shift.mark)),
            format!("from = \"{}\"", shift.from),
            format!("to = \"{}\"", shift.to),
        ] {
            text.push(line, None);
        }
    }
    for sheet in &sheets {
        match sheet.name.trim() {
            "人员" => {
                kinds.insert(site::Person::KIND);
                tables(sheet, "person", PEOPLE, &mut text, &mut problems);
            }
            "检查表" => {
                kinds.insert(site::Checklist::KIND);
                checklists(sheet, &mut text, &mut problems);
            }
            "房号" => {
                kinds.insert(site::Unit::KIND);
                units(sheet, &mut text, &mut problems);
            }
            name if name.starts_with("排班") => {
                kinds.insert(site::Roster::KIND);
                roster(sheet, name.trim_start_matches("排班").trim(), &mut text, &mut problems);
            }
            name => problems.push(CellProblem {
                level: Level::Warning,
                sheet: sheet.name.clone(),
                cell: "A1".into(),
                words: words!("不认得工作表「{name}」,没有读。", "The sheet “{name}” is not known and was not read."),
                hint: Some(words!("可用:人员、房号、检查表、排班 2026-11", "Known: 人员, 房号, 检查表, 排班 2026-11")),
            }),
        }
    }
    if kinds.is_empty() {
        problems.extend(whole(words!("没有一张认得的工作表。", "There is no sheet that is known.")));
    }
    let parsed = file::parse(&text.lines.join("\n"));
    let told = match &parsed {
        Ok(file) => &file.warnings,
        Err(told) => told,
    };
    for problem in told {
        let at = (problem.line as usize).checked_sub(1).and_then(|line| text.cells.get(line)).and_then(Option::as_ref);
        // What is not in the workbook is not the workbook's fault; but no error may be lost.
        let (sheet, cell) = match at {
            Some((sheet, row, column)) => (sheet.clone(), address(*row, *column)),
            None if problem.level == Level::Warning => continue,
            None => (String::new(), String::new()),
        };
        let (words, hint) = (problem.words.clone(), problem.hint.clone());
        problems.push(CellProblem { level: problem.level, sheet, cell, words, hint });
    }
    match parsed {
        Ok(file) if problems.iter().all(|problem| problem.level == Level::Warning) => {
            Ok(Imported { kinds, file, warnings: problems })
        }
        _ => Err(problems),
    }
}

fn sheets(workbook: &[u8]) -> Result<Vec<Sheet>, calamine::XlsxError> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(workbook))?;
    let mut sheets = Vec::new();
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name)?;
        let (rows, columns) = range.end().map_or((0, 0), |(row, column)| (row + 1, column + 1));
        let cell = |row, column| range.get_value((row, column)).cloned().unwrap_or_default();
        let rows = (0..rows).map(|row| (0..columns).map(|column| cell(row, column)).collect()).collect();
        sheets.push(Sheet { name, rows });
    }
    Ok(sheets)
}

/// One `[[table]]` for each row.
fn tables(sheet: &Sheet, table: &str, known: &[Known], text: &mut Text, problems: &mut Vec<CellProblem>) {
    for (row, cells) in sheet.filled() {
        text.push(format!("[[{table}]]"), Some((&sheet.name, row, 0)));
        for it in known {
            let Some(column) = sheet.column(it.heading) else { continue };
            let Some(value) = value(sheet, row, column, cells, problems) else { continue };
            let value = match it.how {
                How::Text => quoted(&value),
                How::List => list(&value),
            };
            text.push(format!("{} = {value}", it.field), Some((&sheet.name, row, column as u32)));
        }
    }
}

fn checklists(sheet: &Sheet, text: &mut Text, problems: &mut Vec<CellProblem>) {
    let (Some(key), Some(name)) = (sheet.column("检查表编号"), sheet.column("检查表")) else {
        problems.push(missing_column(sheet, "检查表编号、检查表"));
        return;
    };
    let mut now = String::new();
    for (row, cells) in sheet.filled() {
        // The list's own cells stand on its first row only, or on every row: both are usual.
        let called = value(sheet, row, key, cells, problems).unwrap_or_else(|| now.clone());
        if called != now {
            text.push("[[checklist]]".into(), Some((&sheet.name, row, key as u32)));
            text.push(format!("key = {}", quoted(&called)), Some((&sheet.name, row, key as u32)));
            if let Some(name_is) = value(sheet, row, name, cells, problems) {
                text.push(format!("name = {}", quoted(&name_is)), Some((&sheet.name, row, name as u32)));
            }
            now = called;
        }
        text.push("[[checklist.items]]".into(), Some((&sheet.name, row, 0)));
        for it in ITEMS {
            let Some(column) = sheet.column(it.heading) else { continue };
            let Some(value) = value(sheet, row, column, cells, problems) else { continue };
            text.push(format!("{} = {}", it.field, quoted(&value)), Some((&sheet.name, row, column as u32)));
        }
    }
}

fn units(sheet: &Sheet, text: &mut Text, problems: &mut Vec<CellProblem>) {
    let Some(label) = sheet.column("房号") else {
        problems.push(missing_column(sheet, "房号"));
        return;
    };
    let (names_at, phones_at, note_at) = (sheet.column("业户"), sheet.column("电话"), sheet.column("备注"));
    let mut rooms = Rows::default();
    for (row, cells) in sheet.filled() {
        let Some(unit) = value(sheet, row, label, cells, problems) else { continue };
        if let Some(twice) = rooms.twice(sheet, row, label, &unit) {
            problems.push(twice);
            continue;
        }
        let mut at = |column: Option<usize>| value(sheet, row, column?, cells, problems);
        let (names, phones, note) = (at(names_at), at(phones_at), at(note_at));
        let phones: Vec<String> = phones.as_deref().map(parts).unwrap_or_default();
        let occupants = names.as_deref().map(parts).unwrap_or_default().into_iter().enumerate().map(|(at, name)| {
            // Each in its own field: what is no number must not pass as part of a name.
            let phone = phones.get(at).map(|phone| format!(", phone = {}", quoted(phone)));
            format!("{{ name = {}{} }}", quoted(&name), phone.unwrap_or_default())
        });
        let occupants = occupants.collect::<Vec<_>>().join(", ");
        let mut push = |line: String, column: Option<usize>| {
            text.push(line, Some((&sheet.name, row, column.unwrap_or(label) as u32)));
        };
        push(format!("[units.{}]", quoted(&unit)), Some(label));
        // What can be wrong with an occupant is their number.
        push(format!("occupants = [{occupants}]"), phones_at.or(names_at));
        push(format!("note = {}", quoted(&note.unwrap_or_default())), note_at);
    }
}

fn roster(sheet: &Sheet, month: &str, text: &mut Text, problems: &mut Vec<CellProblem>) {
    text.push("[[roster]]".into(), Some((&sheet.name, 0, 0)));
    text.push(format!("month = {}", quoted(month)), Some((&sheet.name, 0, 0)));
    text.push("[roster.rows]".into(), Some((&sheet.name, 0, 0)));
    let mut people = Rows::default();
    for (row, cells) in sheet.filled() {
        let marks: String = cells.iter().skip(1).map(|cell| shown(cell).trim().to_owned()).collect();
        let key = cells.first().map(shown).unwrap_or_default().trim().to_owned();
        match people.twice(sheet, row, 0, &key) {
            Some(twice) => problems.push(twice),
            None => text.push(format!("{} = {}", quoted(&key), quoted(&marks)), Some((&sheet.name, row, 0))),
        }
    }
}

/// In which row something was named first.
#[derive(Default)]
struct Rows(BTreeMap<String, u32>);

impl Rows {
    /// The problem with naming it again.
    fn twice(&mut self, sheet: &Sheet, row: u32, column: usize, named: &str) -> Option<CellProblem> {
        let first = *self.0.entry(named.to_owned()).or_insert(row);
        let above = first + 1;
        (first != row).then(|| CellProblem {
            level: Level::Error,
            sheet: sheet.name.clone(),
            cell: address(row, column as u32),
            words: words!("「{named}」在第 {above} 行已有。", "“{named}” stands in row {above} already."),
            hint: Some(words!("两行并成一行。", "Make one row of the two.")),
        })
    }
}

fn missing_column(sheet: &Sheet, heading: &str) -> CellProblem {
    CellProblem {
        level: Level::Error,
        sheet: sheet.name.clone(),
        cell: "A1".into(),
        words: words!("第一行没有「{heading}」这一列。", "The first row has no column “{heading}”."),
        hint: None,
    }
}

/// What a cell says; none when it is empty. A date is never taken for text.
fn value(sheet: &Sheet, row: u32, column: usize, cells: &[Data], problems: &mut Vec<CellProblem>) -> Option<String> {
    let cell = cells.get(column)?;
    let wrong = |words, hint| CellProblem {
        level: Level::Error,
        sheet: sheet.name.clone(),
        cell: address(row, column as u32),
        words,
        hint,
    };
    match cell {
        Data::DateTime(_) | Data::DateTimeIso(_) | Data::DurationIso(_) => {
            problems.push(wrong(
                words!("Excel 把这一格当成了日期。", "Excel took this cell for a date."),
                Some(words!(
                    "把这一列设成「文本」格式,再重新填写,如 3-2-1502。",
                    "Format the column as text and type the cell anew, such as 3-2-1502."
                )),
            ));
            None
        }
        Data::Error(error) => {
            problems.push(wrong(words!("这一格是错误值 {error}。", "This cell is the error {error}."), None));
            None
        }
        cell => Some(shown(cell).trim().to_owned()).filter(|text| !text.is_empty()),
    }
}

/// A cell as it is read; a whole number without `.0`, as telephone numbers and PINs are typed.
fn shown(cell: &Data) -> String {
    match cell {
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        cell => cell.to_string(),
    }
}

fn parts(text: &str) -> Vec<String> {
    text.split(['、', ';', '\u{ff1b}', ',', '\u{ff0c}', '\n'])
        .map(|part| part.trim().to_owned())
        .filter(|it| !it.is_empty())
        .collect()
}

fn list(text: &str) -> String {
    format!("[{}]", parts(text).iter().map(|part| quoted(part)).collect::<Vec<_>>().join(", "))
}

/// A TOML string: JSON's escapes are TOML's, but for DEL.
fn quoted(text: &str) -> String {
    let text: String = text.chars().filter(|c| *c != '\u{7f}').collect();
    serde_json::Value::String(text).to_string()
}

/// `C12`.
fn address(row: u32, column: u32) -> String {
    let mut letters = String::new();
    let mut left = column + 1;
    while left > 0 {
        letters.insert(0, char::from(b'A' + u8::try_from((left - 1) % 26).unwrap_or(0)));
        left = (left - 1) / 26;
    }
    format!("{letters}{}", row + 1)
}
