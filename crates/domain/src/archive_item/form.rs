//! 《归档清单》 and 《销毁清册》 (D2.8.5, D3.8, D3.9).

use super::{ArchiveItem, ArchiveItemView};
use crate::engine::Kind;
use crate::form::{Blank, Cell, Column, Copied, Form, Of, Paper, Part, Row, Sheet, SignatureBox, Source};
use crate::words;

pub(crate) const LIST: Sheet = Sheet {
    name: "archive_list",
    heading: || words!("归档清单", "Archive list"),
    of: Of::Records(ArchiveItem::NAME),
    fits: |_| true,
    make: list,
};

pub(crate) const DESTROYED: Sheet = Sheet {
    name: "destruction_register",
    heading: || words!("销毁清册", "Destruction register"),
    of: Of::Records(ArchiveItem::NAME),
    fits: |_| true,
    make: destroyed,
};

fn views<'a>(source: &'a Source<'_>) -> impl Iterator<Item = ArchiveItemView> + 'a {
    source.records.iter().filter_map(Copied::as_view)
}

fn case(view: &ArchiveItemView, number: i64) -> Vec<Cell> {
    let listing = &view.listing;
    vec![
        Cell::Count(number),
        Cell::code(&listing.case_no),
        Cell::typed(&listing.name),
        Cell::Code(format!("{} – {}", listing.from, listing.to)),
        Cell::Count(i64::from(listing.lines)),
    ]
}

fn case_columns() -> Vec<Column> {
    vec![
        Column::mark(24, words!("序号", "No.")),
        Column::mark(70, words!("案卷号", "File No.")),
        Column::text(100, words!("名称", "Name")),
        Column::mark(90, words!("起止", "From and to")),
        Column::mark(40, words!("条数", "Lines")),
    ]
}

fn list(source: &Source<'_>) -> Form {
    let mut columns = case_columns();
    columns.extend([
        Column::text(120, words!("根哈希", "Root")),
        Column::mark(60, words!("保管期", "Kept until")),
        Column::text(70, words!("存放", "Kept at")),
        Column::mark(50, words!("移交", "Handed over")),
        Column::mark(50, words!("接收", "Received")),
    ]);
    let rows = views(source).zip(1..).map(|(view, number)| {
        let mut cells = case(&view, number);
        cells.extend([
            Cell::code(&view.listing.root),
            view.listing
                .keep_until
                .map_or(Cell::Text(words!("长期", "for good")), |at| Cell::Day(at.day(source.site.settings.zone))),
            Cell::typed(&view.place),
            Cell::typed(view.listed.as_ref().map_or("", |it| it.by.name.as_str())),
            Cell::typed(view.received.as_ref().map_or("", |it| it.by.name.as_str())),
        ]);
        Row::from(cells)
    });
    Form {
        paper: Paper::A4Wide,
        head: vec![(words!("日期", "Dates"), Cell::Text(source.span.words()))],
        parts: vec![Part::Table { title: None, columns, rows: rows.collect(), blank: Blank::Page }],
        signatures: vec![
            SignatureBox::open(words!("移交人", "Handed over by")),
            SignatureBox::open(words!("接收人", "Received by")),
        ],
        ..Form::default()
    }
}

fn destroyed(source: &Source<'_>) -> Form {
    let mut columns = case_columns();
    columns.extend([
        Column::text(120, words!("销毁依据", "On what ground")),
        Column::mark(84, words!("日期", "Date")),
        Column::mark(60, words!("提出人签名", "Proposed by")),
        Column::mark(60, words!("监销人签名", "Witnessed by")),
    ]);
    let gone = views(source).filter_map(|view| Some((view.destruction.clone()?, view)));
    let rows = gone.zip(1..).map(|((destruction, view), number)| {
        let confirmed = destruction.confirmed.as_ref();
        let mut cells = case(&view, number);
        cells.extend([
            Cell::typed(&destruction.basis),
            Cell::moment(confirmed.map(|it| it.at)),
            Cell::typed(&destruction.proposed.by.name),
            Cell::typed(confirmed.map_or("", |it| it.by.name.as_str())),
        ]);
        Row::from(cells)
    });
    Form {
        paper: Paper::A4Wide,
        head: vec![(words!("日期", "Dates"), Cell::Text(source.span.words()))],
        parts: vec![Part::Table { title: None, columns, rows: rows.collect(), blank: Blank::Page }],
        signatures: vec![
            SignatureBox::open(words!("提出人", "Proposed by")),
            SignatureBox::open(words!("监销人", "Witnessed by")),
        ],
        ..Form::default()
    }
}
