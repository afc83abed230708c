//! A form as an Excel workbook: the same heading and columns as on paper, with values as what they are.
//!
//! Invariants
//! - Days and times are dates, money and counts are numbers, and what only looks like a number (3-2-1502, telephone
//!   numbers, 单号) is text, so Excel turns no room into the second of March.
//! - Nothing anybody typed is a formula.

use dutybook_domain::form::{Cell, Form, Paper, Part};
use dutybook_domain::{Day, Timestamp, Words, Zone};
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet};

use crate::PrintError;
use crate::text::{self, Language, word};
use crate::typeset::Printed;

/// The form as a workbook with one sheet.
///
/// # Errors
/// [`PrintError::Workbook`], when it has more rows or longer text than Excel takes.
pub fn xlsx(form: &Form, printed: &Printed, language: Language) -> Result<Vec<u8>, PrintError> {
    let mut workbook = Workbook::new();
    let created = excel_moment(printed.at, form.zone)?;
    let properties = rust_xlsxwriter::DocProperties::new()
        .set_title(language.say(&form.heading))
        .set_author(&printed.by)
        .set_creation_datetime(&created);
    workbook.set_properties(&properties);
    let sheet = workbook.add_worksheet();
    // Excel allows 31 characters and none of []:*?/\ in a sheet's name.
    let name: String = language.say(&form.heading).chars().filter(|c| !"[]:*?/\\'".contains(*c)).take(31).collect();
    sheet.set_name(name)?;
    Page { form, language, sheet, row: 0 }.write(printed)?;
    Ok(workbook.save_to_buffer()?)
}

struct Page<'a> {
    form: &'a Form,
    language: Language,
    sheet: &'a mut Worksheet,
    row: u32,
}

/// Twelfths of a line, for boxes.
const TWELFTHS: u16 = 12;

impl Page<'_> {
    fn write(mut self, printed: &Printed) -> Result<(), PrintError> {
        let form = self.form;
        let language = self.language;
        let say = |words: &Words| language.say(words).to_owned();
        self.sheet.set_paper_size(match form.paper {
            Paper::A5Wide => 11,
            Paper::Poster => 8,
            _ => 9,
        });
        if matches!(form.paper, Paper::A4Wide | Paper::A5Wide) {
            self.sheet.set_landscape();
        }
        self.sheet.set_print_fit_to_pages(1, 0);
        self.sheet.set_margins(0.4, 0.4, 0.5, 0.6, 0.3, 0.3);
        let page = word(self.language, "第 &P 页 / 共 &N 页", "Page &P of &N");
        self.sheet.set_footer(format!("&L{} {}&R{page}", form.name, form.version));

        let last = self.width().saturating_sub(1).max(1);
        let centred = Format::new().set_align(FormatAlign::Center).set_align(FormatAlign::VerticalCenter);
        self.sheet.merge_range(0, 0, 0, last, &form.centre, &centred)?;
        let heading = centred.clone().set_bold().set_font_size(18);
        self.sheet.merge_range(1, 0, 1, last, &say(&form.heading), &heading)?;
        self.row = 2;
        let mut head: Vec<String> = form
            .head
            .iter()
            .map(|(label, cell)| format!("{}: {}", say(label), text::of(cell, form.zone, self.language)))
            .collect();
        if let Some(number) = &form.number {
            head.push(format!("{}: {number}", word(self.language, "编号", "No.")));
        }
        if !head.is_empty() {
            self.line(&head.join("    "), last)?;
        }
        for part in &form.parts {
            self.part(part, last)?;
        }
        for signed in &form.signatures {
            let at = signed.at.map(|at| text::moment(at, form.zone)).unwrap_or_default();
            let line = format!("{}: {} {at}", say(&signed.label), signed.name);
            self.line(line.trim_end(), last)?;
        }
        for note in &form.notes {
            self.line(&say(note), last)?;
        }
        let (version, made) = (word(self.language, "版本", "Version"), word(self.language, "导出", "Exported"));
        let at = text::moment(printed.at, form.zone);
        self.line(&format!("{version} {}  {made} {at} {} {}", form.version, printed.by, printed.device), last)
    }

    /// How many columns the sheet has.
    fn width(&self) -> u16 {
        let widths = self.form.parts.iter().map(|part| match part {
            Part::Fields { .. } => TWELFTHS,
            Part::Table { columns, .. } => u16::try_from(columns.len()).unwrap_or(u16::MAX),
        });
        widths.max().unwrap_or(2)
    }

    /// One line of text across the whole sheet.
    fn line(&mut self, text: &str, last: u16) -> Result<(), PrintError> {
        self.sheet.merge_range(self.row, 0, self.row, last, text, &Format::new().set_text_wrap())?;
        self.row += 1;
        Ok(())
    }

    fn part(&mut self, part: &Part, last: u16) -> Result<(), PrintError> {
        let (title, language) = (
            match part {
                Part::Fields { title, .. } | Part::Table { title, .. } => title,
            },
            self.language,
        );
        if let Some(title) = title {
            self.line(language.say(title), last)?;
        }
        match part {
            Part::Fields { fields, .. } => {
                // A label and its value side by side, two boxes a line: easier to read and to filter than a grid.
                for field in fields {
                    let label = framed().set_bold();
                    self.sheet.write_string_with_format(self.row, 0, language.say(&field.label), &label)?;
                    self.cell(1, &field.value, false)?;
                    self.row += 1;
                }
                if self.form.parts.iter().all(|part| matches!(part, Part::Fields { .. })) {
                    self.sheet.set_column_width(0, 20)?.set_column_width(1, 60)?;
                }
            }
            Part::Table { columns, rows, .. } => {
                let heading = framed()
                    .set_bold()
                    .set_text_wrap()
                    .set_align(FormatAlign::Center)
                    .set_background_color(0x00F2_F2F2);
                for (at, column) in (0_u16..).zip(columns) {
                    self.sheet.write_string_with_format(self.row, at, language.say(&column.heading), &heading)?;
                    self.sheet.set_column_width(at, f64::from(column.width) / 10.0 * 1.9 + 1.0)?;
                }
                let only = self.form.parts.len() == 1;
                if only {
                    self.sheet.set_repeat_rows(self.row, self.row)?;
                    self.sheet.set_freeze_panes(self.row + 1, 0)?;
                }
                let top = self.row;
                self.row += 1;
                for row in rows {
                    for (at, cell) in (0_u16..).zip(&row.cells) {
                        self.cell(at, cell, row.struck)?;
                    }
                    self.row += 1;
                }
                if only && !rows.is_empty() && !columns.is_empty() {
                    let right = u16::try_from(columns.len() - 1).unwrap_or(u16::MAX);
                    self.sheet.autofilter(top, 0, self.row - 1, right)?;
                }
            }
        }
        Ok(())
    }

    fn cell(&mut self, column: u16, cell: &Cell, struck: bool) -> Result<(), PrintError> {
        let (row, zone) = (self.row, self.form.zone);
        let mut format = framed().set_align(FormatAlign::VerticalCenter);
        if struck {
            format = format.set_font_strikethrough();
        }
        let sheet = &mut *self.sheet;
        match cell {
            Cell::Empty => sheet.write_blank(row, column, &format)?,
            Cell::Count(count) => sheet.write_number_with_format(row, column, *count as f64, &format)?,
            Cell::Quantity(milli) => {
                let format = format.set_num_format("0.###");
                sheet.write_number_with_format(row, column, *milli as f64 / 1000.0, &format)?
            }
            Cell::Money(fen) => {
                let format = format.set_num_format("#,##0.00");
                sheet.write_number_with_format(row, column, *fen as f64 / 100.0, &format)?
            }
            Cell::Day(day) => {
                let format = format.set_num_format("yyyy-mm-dd");
                sheet.write_datetime_with_format(row, column, excel_day(*day)?, &format)?
            }
            Cell::Clock(at) => {
                // With its day, and only the time shown: 23:50 and 00:10 sort as they happened.
                let format = format.set_num_format("hh:mm");
                sheet.write_datetime_with_format(row, column, excel_moment(*at, zone)?, &format)?
            }
            Cell::Moment(at) => {
                let format = format.set_num_format("yyyy-mm-dd hh:mm");
                sheet.write_datetime_with_format(row, column, excel_moment(*at, zone)?, &format)?
            }
            Cell::Text(_) | Cell::Code(_) | Cell::Choice(..) => {
                // “@” keeps it text also when somebody edits the cell.
                let format = format.set_text_wrap().set_num_format("@");
                sheet.write_string_with_format(row, column, text::of(cell, zone, self.language), &format)?
            }
        };
        Ok(())
    }
}

fn framed() -> Format {
    Format::new().set_border(FormatBorder::Thin)
}

fn excel_day(day: Day) -> Result<ExcelDateTime, PrintError> {
    Ok(ExcelDateTime::parse_from_str(&day.0.format("%Y-%m-%d").to_string())?)
}

fn excel_moment(at: Timestamp, zone: Zone) -> Result<ExcelDateTime, PrintError> {
    Ok(ExcelDateTime::parse_from_str(&at.local(zone).format("%Y-%m-%dT%H:%M:%S").to_string())?)
}
