//! The printed page of any register: its sheet's columns, a line for each entry (D2.8, D3.7, D3.9).

use super::sheet::Holds;
use super::{CellValue, EntryView, Register};
use crate::form::{self, Blank, Cell, Column, Copied, Form, Of, Paper, Part, Row, Source, joined, names};
use crate::time::Zone;
use crate::words;
use crate::words::Words;

/// The form of register `R`.
pub(crate) const fn of<R: Register>() -> form::Sheet {
    form::Sheet {
        name: R::SHEET.kind,
        heading: heading::<R>,
        of: Of::Records(R::SHEET.kind),
        fits: |_| true,
        make: page::<R>,
    }
}

fn heading<R: Register>() -> Words {
    R::SHEET.heading.words()
}

fn page<R: Register>(source: &Source<'_>) -> Form {
    let mut columns = vec![Column::mark(26, words!("序号", "No."))];
    columns.extend(R::SHEET.columns.iter().map(|column| {
        let heading = column.words.words();
        match column.holds {
            Holds::Long => Column::text(140, heading),
            Holds::Text | Holds::Place => Column::text(80, heading),
            Holds::Moment => Column::mark(84, heading),
            Holds::Count(_) => Column::mark(36, heading),
            _ => Column::mark(64, heading),
        }
    }));
    columns.push(Column::mark(50, words!("状态", "State")));
    // What is owed and not written yet is no row of the book.
    let views = source.records.iter().filter_map(Copied::as_view::<EntryView>).filter(|view| view.due.is_none());
    let rows = views.zip(1..).map(|(view, number)| {
        let mut cells = vec![Cell::Count(number)];
        cells.extend(R::SHEET.columns.iter().map(|column| {
            let found = view.cells.iter().find(|cell| cell.key == column.key);
            found.map_or(Cell::Empty, |found| cell(&found.values, column.holds, source.zone()))
        }));
        cells.push(Cell::Text(view.state_words.clone()));
        Row::from(cells)
    });
    Form {
        paper: Paper::A4Wide,
        head: vec![(words!("日期", "Dates"), Cell::Text(source.span.words()))],
        parts: vec![Part::Table { title: None, columns, rows: rows.collect(), blank: Blank::Page }],
        ..Form::default()
    }
}

/// One value is typed as what it is; two that stand side by side are both said.
fn cell(values: &[CellValue], holds: Holds, zone: Zone) -> Cell {
    match values {
        [] => Cell::Empty,
        [CellValue::Moment(at)] => Cell::Moment(*at),
        [CellValue::Day(day)] => Cell::Day(*day),
        [CellValue::People(people)] => names(people),
        [CellValue::Text(text)] if matches!(holds, Holds::Phone | Holds::Unit) => Cell::code(text),
        [CellValue::Text(text)] => Cell::typed(text),
        several => joined(several.iter().map(|value| said(value, zone))),
    }
}

fn said(value: &CellValue, zone: Zone) -> Words {
    match value {
        CellValue::Text(text) => Words::same(text),
        CellValue::Words(words) => words.clone(),
        CellValue::Moment(at) => {
            let at = at.local(zone).format("%m-%d %H:%M").to_string();
            words!("{at}", "{at}")
        }
        CellValue::Day(day) => words!("{day}", "{day}"),
        CellValue::People(people) => {
            Words::same(people.iter().map(|person| person.name.as_str()).collect::<Vec<_>>().join("、"))
        }
        CellValue::Count(count) => {
            let number = count.count;
            words!("{number} ", "{number} ").then(count.unit.clone())
        }
    }
}
