//! Forms as PDF and as Excel workbooks.

use dutybook_client::{FormAsked, FormName};
use dutybook_domain::RecordId;
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
    // What no file system takes in a name.
    let name: String =
        name.chars().map(|c| if "/\\:*?\"<>|".contains(c) || c.is_control() { '·' } else { c }).collect();
    let path = book.forms.join(name);
    std::fs::create_dir_all(&book.forms)
        .and_then(|()| std::fs::write(&path, bytes))
        .map_err(|error| Failure::not_written(&path, &error))?;
    Ok(FormWritten { path: path.display().to_string(), version: form.version })
}
