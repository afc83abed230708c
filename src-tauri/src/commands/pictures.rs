//! Pictures of records.

use data_encoding::BASE64;
use dutybook_client::shown::PictureKept;
use dutybook_domain::file::FileHash;
use dutybook_domain::words;
use tauri::State;

use crate::{Book, Failure};

/// Makes a picture small enough to travel and keeps it. `data` is what the camera or the file gave, in base64.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn keep_picture(book: State<'_, Book>, data: String, urgent: bool) -> Result<PictureKept, Failure> {
    let client = book.client()?;
    client.signed_in().ok_or(dutybook_client::Error::NotSignedIn)?;
    let bytes = BASE64.decode(data.as_bytes()).map_err(|_| {
        Failure::new(
            "picture",
            words!("照片没有读出来,请再选一次。", "The picture could not be read; choose it again."),
        )
    })?;
    Ok(client.keep_picture(&bytes, urgent)?)
}

/// A picture as a `data:` address, or nothing when it is neither here nor on a server in reach. `small` is for lists.
#[tauri::command]
#[specta::specta]
pub(crate) async fn picture(book: State<'_, Book>, file: FileHash, small: bool) -> Result<Option<String>, Failure> {
    let client = book.client()?;
    let jpeg = client.picture(file, small).await?;
    Ok(jpeg.map(|jpeg| format!("data:image/jpeg;base64,{}", BASE64.encode(&jpeg))))
}
