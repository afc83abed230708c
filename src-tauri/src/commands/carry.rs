//! Carrying the book on a stick: where one can be written or read, and doing it.
//!
//! The web view never names a path of its own: it chooses among the places and the files that were found here.

use std::path::{Path, PathBuf};

use dutybook_client::BUNDLE_ENDING;
use dutybook_client::shown::{BundleRead, BundleWritten};
use dutybook_domain::{Timestamp, words};
use serde::{Deserialize, Serialize};
use tauri::State;

use crate::{Book, Failure};

/// Somewhere a bundle can be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub(crate) struct CarryPlace {
    /// The folder.
    folder: String,
    /// What it is called: the stick's name.
    name: String,
    /// Whether it can be pulled out.
    removable: bool,
    /// Room on it, in MiB.
    free_mib: u32,
}

/// A bundle that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub(crate) struct BundleFound {
    /// The file.
    file: String,
    /// Its name.
    name: String,
    /// How long it is, in KiB.
    kib: u32,
    /// When it was last written.
    modified: Option<Timestamp>,
    /// Whether it lies on something that can be pulled out.
    removable: bool,
}

/// Sticks first, then the folder in which this device keeps its papers.
fn places(own: &Path) -> Vec<CarryPlace> {
    let small = |bytes: u64| u32::try_from(bytes / (1024 * 1024)).unwrap_or(u32::MAX);
    // Where the system does not say which disks there are, there is still the folder.
    let disks: Vec<sysinfo::Disk> = sysinfo::Disks::new_with_refreshed_list().map(Vec::from).unwrap_or_default();
    let mut places: Vec<CarryPlace> = disks
        .iter()
        .filter(|disk| disk.is_removable() && !disk.is_read_only())
        .map(|disk| {
            let folder = disk.mount_point();
            let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
            CarryPlace {
                folder: folder.display().to_string(),
                name: name.into_owned(),
                removable: true,
                free_mib: small(disk.available_space()),
            }
        })
        .collect();
    // The disk that the folder lies on is the one mounted nearest above it.
    let under = disks.iter().filter(|disk| own.starts_with(disk.mount_point()));
    let room = under.max_by_key(|disk| disk.mount_point().components().count());
    places.push(CarryPlace {
        folder: own.display().to_string(),
        name: own.file_name().unwrap_or(own.as_os_str()).to_string_lossy().into_owned(),
        removable: false,
        free_mib: room.map_or(u32::MAX, |disk| small(disk.available_space())),
    });
    places
}

/// The bundles in some places, the latest first. A place that cannot be read has none.
fn found(places: &[CarryPlace]) -> Vec<BundleFound> {
    let mut found: Vec<BundleFound> = Vec::new();
    for place in places {
        let files = std::fs::read_dir(&place.folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let bundles = files.filter(|path| path.extension().is_some_and(|ending| ending == BUNDLE_ENDING));
        for path in bundles {
            let Ok(file) = std::fs::metadata(&path) else { continue };
            let since = file.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
            found.push(BundleFound {
                file: path.display().to_string(),
                name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
                kib: u32::try_from(file.len().div_ceil(1024)).unwrap_or(u32::MAX),
                modified: since.and_then(|since| i64::try_from(since.as_millis()).ok()).map(Timestamp),
                removable: place.removable,
            });
        }
    }
    found.sort_by_key(|one| (!one.removable, std::cmp::Reverse(one.modified)));
    found
}

fn gone() -> Failure {
    Failure::new(
        "stick_gone",
        words!("U 盘或文件不在了,请重新插好再选。", "The stick or the file is gone; put it in and choose again."),
    )
}

/// Where a bundle can be written.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn carry_places(book: State<'_, Book>) -> Result<Vec<CarryPlace>, Failure> {
    Ok(places(&book.forms))
}

/// The bundles that can be read.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn bundles_found(book: State<'_, Book>) -> Result<Vec<BundleFound>, Failure> {
    Ok(found(&places(&book.forms)))
}

/// Writes everything this device holds into one of the places; a bundle of an earlier time stays.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn write_bundle(book: State<'_, Book>, folder: String) -> Result<BundleWritten, Failure> {
    let client = book.client()?;
    client.signed_in().ok_or(dutybook_client::Error::NotSignedIn)?;
    if !places(&book.forms).iter().any(|place| place.folder == folder) {
        return Err(gone());
    }
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder).map_err(|error| Failure::not_written(&folder, &error))?;
    let site = client.site();
    let now = client.now().local((*site).as_ref().settings.zone).format("%Y%m%d-%H%M%S");
    let plain = |c: char| if c.is_alphanumeric() { c } else { '-' };
    let label: String = client.identity().label.chars().map(plain).collect();
    Ok(client.write_bundle(&folder.join(format!("{label}-{now}.{BUNDLE_ENDING}")), false)?)
}

/// Takes in one of the bundles that were found.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn read_bundle(book: State<'_, Book>, file: String) -> Result<BundleRead, Failure> {
    let client = book.client()?;
    client.signed_in().ok_or(dutybook_client::Error::NotSignedIn)?;
    if !found(&places(&book.forms)).iter().any(|one| one.file == file) {
        return Err(gone());
    }
    Ok(client.read_bundle(Path::new(&file))?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use super::*;

    #[test]
    fn bundles_are_found_where_they_can_be_the_latest_first_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for (name, seconds) in [("旧.dutybundle", 1), ("新.dutybundle", 2), ("新.dutybundle.part", 3), ("表.pdf", 4)]
        {
            let file = std::fs::File::create(folder.path().join(name)).unwrap();
            file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds)).unwrap();
        }
        let places = places(folder.path());
        let own = places.last().unwrap();
        assert!(!own.removable && own.free_mib > 0 && own.folder == folder.path().display().to_string());
        let names: Vec<String> = found(&places[places.len() - 1..]).into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["新", "旧"]);
        let nowhere = CarryPlace { folder: "/no/such/stick".into(), ..own.clone() };
        assert!(found(&[nowhere]).is_empty());
    }
}
