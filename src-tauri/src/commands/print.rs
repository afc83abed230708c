//! Forms as PDF and as Excel workbooks.

use dutybook_client::{FormAsked, FormName};
use dutybook_domain::roster::CalendarMonth;
use dutybook_domain::{RecordId, words};
use dutybook_print::{Language, Printed};
use serde::{Deserialize, Serialize};
use tauri::State;

use crate::{Book, Failure};

/// What kind of file a form is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FormFile {
    /// For paper.
    Pdf,
    /// For Excel.
    Xlsx,
}

/// A form that was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub(crate) struct FormWritten {
    /// Where it is.
    pub(crate) path: String,
    /// Digest of what it says; its footer carries it.
    pub(crate) version: String,
}

/// The forms that a record prints as, the usual one first.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn forms_of(book: State<'_, Book>, record: RecordId) -> Result<Vec<FormName>, Failure> {
    Ok(book.client()?.forms_of(record)?)
}

/// Writes a form into the folder of forms; the same form in the same version is the same file.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn print_form(
    book: State<'_, Book>,
    asked: FormAsked,
    file: FormFile,
    english: bool,
) -> Result<FormWritten, Failure> {
    let client = book.client()?;
    let form = client.form(&asked)?;
    let printed = Printed {
        at: client.now(),
        by: client.signed_in().map(|who| who.name).unwrap_or_default(),
        device: client.identity().prefix.clone(),
    };
    let language = if english { Language::English } else { Language::Chinese };
    let (bytes, ending) = match file {
        FormFile::Pdf => (dutybook_print::pdf(&form, &printed, language), "pdf"),
        FormFile::Xlsx => (dutybook_print::xlsx(&form, &printed, language), "xlsx"),
    };
    let bytes = bytes.map_err(|error| Failure::program(&error.to_string()))?;
    let what = form.number.clone().or_else(|| asked.from.map(|day| day.to_string()));
    let version: String = form.version.chars().take(8).collect();
    let parts = [Some(language.say(&form.heading).to_owned()), what, Some(version)];
    let name = format!("{}.{ending}", parts.into_iter().flatten().collect::<Vec<_>>().join(" "));
    let path = put(&book, name, &bytes)?;
    Ok(FormWritten { path, version: form.version })
}

/// Writes the shifts of a month as a calendar (.ics), everybody's or one person's.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn roster_calendar(
    book: State<'_, Book>,
    month: CalendarMonth,
    person: Option<RecordId>,
    english: bool,
) -> Result<FormWritten, Failure> {
    let client = book.client()?;
    let (version, shifts) = client.shifts_of(month, person);
    if shifts.is_empty() {
        return Err(Failure::new(
            "no_shifts",
            words!("{month} 还没有排班,没有可以存的。", "Nothing is rostered in {month}: there is nothing to save."),
        ));
    }
    let language = if english { Language::English } else { Language::Chinese };
    let site = client.site();
    let centre = &(*site).as_ref().settings.centre_name;
    let text = dutybook_print::calendar(&shifts, centre, version, client.now(), language);
    let whose = person.and_then(|_| shifts.first()).map(|it| format!(" {}", it.person.name)).unwrap_or_default();
    let name = format!("{} {month}{whose} v{version}.ics", if english { "Roster" } else { "排班" });
    Ok(FormWritten { path: put(&book, name, text.as_bytes())?, version: version.to_string() })
}

/// Puts a file into the folder of forms, and says where.
fn put(book: &Book, name: String, bytes: &[u8]) -> Result<String, Failure> {
    // What no file system takes in a name.
    let name: String =
        name.chars().map(|c| if "/\\:*?\"<>|".contains(c) || c.is_control() { '·' } else { c }).collect();
    let path = book.forms.join(name);
    std::fs::create_dir_all(&book.forms)
        .and_then(|()| std::fs::write(&path, bytes))
        .map_err(|error| Failure::not_written(&path, &error))?;
    Ok(path.display().to_string())
}
