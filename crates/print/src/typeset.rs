//! A form as PDF: the form goes as data into one Typst layout (`form.typ`), so nothing anybody typed is ever read as
//! markup.

use std::sync::LazyLock;

use dutybook_domain::form::{Blank, Cell, Form, Paper, Part, SignatureBox};
use dutybook_domain::{Timestamp, Words};
use serde_json::{Value, json};
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

use crate::PrintError;
use crate::fonts::{BOOK, Fonts, SANS};
use crate::text::{self, Language, word};

const LAYOUT: &str = include_str!("form.typ");

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));

/// When a sheet was printed and by whom; stands in its footer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Printed {
    /// When.
    pub at: Timestamp,
    /// Who; empty when nobody was signed in.
    pub by: String,
    /// On which device.
    pub device: String,
}

/// The form as PDF.
///
/// # Errors
/// [`PrintError::Layout`] when the layout does not take the form, which is a fault of this program.
pub fn pdf(form: &Form, printed: &Printed, language: Language) -> Result<Vec<u8>, PrintError> {
    let document = document(form, printed, language)?;
    let options = PdfOptions {
        // Same form, same bytes: the identity is the form's, not the moment's.
        ident: Smart::Custom(form.code()),
        creator: Smart::Custom(Some("Dutybook".into())),
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&document, &options).map_err(|errors| layout_error(&errors))
}

fn document(form: &Form, printed: &Printed, language: Language) -> Result<PagedDocument, PrintError> {
    let mut data = data(form, printed, language)?;
    let mut characters = String::new();
    collect(&data, &mut characters);
    let fonts = Fonts::of(characters.chars());
    data["families"] = json!([SANS].into_iter().chain(fonts.fallback.iter().map(String::as_str)).collect::<Vec<_>>());
    data["book"] = json!([BOOK, SANS].into_iter().chain(fonts.fallback.iter().map(String::as_str)).collect::<Vec<_>>());
    data["missing"] = fonts
        .missing
        .iter()
        .map(|c| json!({ "char": c.to_string(), "code": format!("{:X}", u32::from(*c)) }))
        .collect();
    let desk = Desk::new(fonts.fonts, serde_json::to_vec(&data)?)?;
    typst::compile::<PagedDocument>(&desk).output.map_err(|errors| layout_error(&errors))
}

fn layout_error(errors: &[typst::diag::SourceDiagnostic]) -> PrintError {
    PrintError::Layout(errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; "))
}

/// All text of a JSON value, one after another.
fn collect(value: &Value, into: &mut String) {
    match value {
        Value::String(text) => into.push_str(text),
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, into)),
        _ => {}
    }
}

/// What the layout is given: the form in one language, as nothing but text and numbers.
fn data(form: &Form, printed: &Printed, language: Language) -> Result<Value, PrintError> {
    let say = |words: &Words| language.say(words).to_owned();
    let cell = |cell: &Cell| text::of(cell, form.zone, language);
    let parts = form.parts.iter().map(|part| match part {
        Part::Fields { title, fields } => json!({
            "part": "fields",
            "title": title.as_ref().map(say),
            "lines": lines(fields.iter().map(|field| {
                (field.span, json!({
                    "label": say(&field.label), "value": cell(&field.value), "span": field.span, "lines": field.lines,
                }))
            })),
        }),
        Part::Table { title, columns, rows, blank } => json!({
            "part": "table",
            "title": title.as_ref().map(say),
            "columns": columns.iter().map(|column| json!({
                "heading": say(&column.heading), "width": column.width, "centred": column.centred, "strong": column.strong,
            })).collect::<Vec<_>>(),
            "rows": rows.iter().map(|row| json!({
                "cells": row.cells.iter().map(&cell).collect::<Vec<_>>(), "struck": row.struck,
            })).collect::<Vec<_>>(),
            "blank": match blank {
                Blank::None => json!(0),
                Blank::UpTo(least) => json!(usize::from(*least).saturating_sub(rows.len())),
                Blank::Page => json!("page"),
            },
        }),
    });
    Ok(json!({
        "english": language == Language::English,
        "paper": match form.paper { Paper::A4 => "a4", Paper::Poster => "poster", Paper::A4Wide => "a4-wide", Paper::A5Wide => "a5-wide" },
        "centre": form.centre,
        "heading": say(&form.heading),
        "number": form.number,
        "copies": if form.copies.is_empty() {
            vec![String::new()]
        } else {
            form.copies.iter().map(say).collect()
        },
        "head": form.head.iter().map(|(label, value)| json!([say(label), cell(value)])).collect::<Vec<_>>(),
        "parts": parts.collect::<Vec<_>>(),
        "signatures": form.signatures.iter().map(|signed| signature(signed, form, language)).collect::<Vec<_>>(),
        "notes": form.notes.iter().map(say).collect::<Vec<_>>(),
        "qr": qr(&form.code()),
        "version": form.version,
        "printed": [text::moment(printed.at, form.zone), printed.by.clone(), printed.device.clone()],
        "words": {
            "number": word(language, "编号", "No."),
            "blank_below": word(language, "以下空白", "Blank below"),
            "signed_on": word(language, "年    月    日", "Date:"),
            "version": word(language, "版本", "Version"),
            "printed": word(language, "打印", "Printed"),
            "none": word(language, "(本期无记录)", "(nothing in these days)"),
        },
    }))
}

/// Fields broken into lines of twelve twelfths.
fn lines(fields: impl Iterator<Item = (u8, Value)>) -> Vec<Vec<Value>> {
    let mut lines: Vec<Vec<Value>> = Vec::new();
    let mut taken = 12;
    for (span, field) in fields {
        if taken + span > 12 {
            lines.push(Vec::new());
            taken = 0;
        }
        taken += span;
        lines.last_mut().into_iter().for_each(|line| line.push(field.clone()));
    }
    lines
}

fn signature(signed: &SignatureBox, form: &Form, language: Language) -> Value {
    json!({
        "label": language.say(&signed.label),
        "name": signed.name,
        "at": signed.at.map(|at| text::moment(at, form.zone)),
        "svg": signed.strokes.as_deref().and_then(strokes),
    })
}

/// The pad's strokes (`{v, w, h, strokes: [[x0, y0, dx1, dy1, …]]}`) as a drawing.
fn strokes(text: &str) -> Option<String> {
    let drawn: Value = serde_json::from_str(text).ok()?;
    let (width, height) = (drawn.get("w")?.as_i64()?, drawn.get("h")?.as_i64()?);
    let mut path = String::new();
    for stroke in drawn.get("strokes")?.as_array()? {
        let numbers: Vec<i64> = stroke.as_array()?.iter().map(Value::as_i64).collect::<Option<_>>()?;
        for (at, step) in numbers.chunks_exact(2).enumerate() {
            path.push_str(&format!("{}{} {}", if at == 0 { 'M' } else { 'l' }, step[0], step[1]));
        }
        if numbers.len() == 2 {
            path.push_str("h0");
        }
    }
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\"><path d=\"{path}\" fill=\"none\" \
         stroke=\"#000\" stroke-width=\"8\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/></svg>"
    ))
}

/// A QR code as one path, a run of dark modules in one stroke, and how many modules it is wide. None for a text that is
/// too long for one.
#[must_use]
pub fn qr_path(text: &str) -> Option<(usize, String)> {
    let code = fast_qr::QRBuilder::new(text).ecl(fast_qr::ECL::M).build().ok()?;
    let size = code.size;
    let mut path = String::new();
    for (y, row) in (0..size).map(|y| (y, &code[y])) {
        let mut x = 0;
        while x < size {
            let run = row[x..size].iter().take_while(|module| module.value()).count();
            if run > 0 {
                path.push_str(&format!("M{x} {y}h{run}v1h-{run}z"));
            }
            x += run.max(1);
        }
    }
    Some((size, path))
}

fn qr(text: &str) -> Option<String> {
    let (size, path) = qr_path(text)?;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\"><path d=\"{path}\" fill=\"#000\"/></svg>"
    ))
}

/// What Typst sees of the world: one layout, one form, some fonts. No files, no packages, no clock.
struct Desk {
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    layout: Source,
    form_id: FileId,
    form: Bytes,
}

impl Desk {
    fn new(fonts: Vec<Font>, form: Vec<u8>) -> Result<Self, PrintError> {
        let file = |name: &str| {
            let path = VirtualPath::new(name).map_err(|error| PrintError::Layout(format!("{error:?}")))?;
            Ok::<_, PrintError>(RootedPath::new(VirtualRoot::Project, path).intern())
        };
        Ok(Self {
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            layout: Source::new(file("form.typ")?, LAYOUT.into()),
            form_id: file("form.json")?,
            form: Bytes::new(form),
        })
    }
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.layout.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.layout.id() { Ok(self.layout.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.form_id { Ok(self.form.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
