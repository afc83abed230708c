//! Carrying the book where there is no network: a bundle (数据包) on a USB stick.
//!
//! Invariants
//! - A bundle appears under its name only when it is whole and on the disk.
//! - What is read is admitted as if it had come over the wire; reading it again, or an older one, changes nothing.
//! - Of a bundle that is cut off or damaged everything before the damage is taken, and said so.

use std::io::{BufReader, BufWriter};
use std::path::Path;

use dutybook_domain::{Timestamp, Words, words};
use dutybook_sync::{BundleError, BundleHead, BundleReader, write_bundle};

use crate::client::Client;
use crate::error::Error;
use crate::files::whole_file;
use crate::shown::{BundleRead, BundleWritten};
use crate::sync::read_log;

/// How the files are called.
pub const BUNDLE_ENDING: &str = "dutybundle";

/// Bytes handed to the disk at once.
const BUFFER: usize = 1024 * 1024;

impl From<BundleError> for Error {
    fn from(error: BundleError) -> Self {
        Self::Bundle(words_of(&error))
    }
}

fn words_of(error: &BundleError) -> Words {
    match error {
        BundleError::Io(error) => {
            words!(
                "文件读写失败({error})。请检查 U 盘。",
                "The file cannot be read or written ({error}). Look at the stick."
            )
        }
        BundleError::NotABundle => words!(
            "这不是值班簿的数据包。请选 .dutybundle 文件。",
            "This is not a Dutybook bundle. Choose a .dutybundle file."
        ),
        BundleError::Version => {
            words!("这个数据包来自更新的版本,请先升级本机。", "This bundle is of a later version; update this program.")
        }
        BundleError::CutOff(read) => {
            let entries = read.entries;
            words!(
                "文件不完整:前 {entries} 条已收下,其余请重新写一次。",
                "The file is cut off: {entries} entries were taken; write it again for the rest."
            )
        }
        BundleError::Damaged(read, what) => {
            let entries = read.entries;
            words!(
                "文件已损坏({what}):前 {entries} 条已收下,其余请重新写一次。",
                "The file is damaged ({what}): {entries} entries were taken; write it again for the rest."
            )
        }
        BundleError::TooLarge => {
            words!("一次保存的内容太大,写不进数据包。", "One commit of the log is larger than a frame.")
        }
    }
}

impl Client {
    /// Writes everything this device holds into a file, or only what the server has not acknowledged.
    ///
    /// # Errors
    /// [`Error::Folder`] when it cannot be written; there is no file under that name then.
    pub fn write_bundle(&self, to: &Path, only_undelivered: bool) -> Result<BundleWritten, Error> {
        let identity = self.identity();
        let store = self.store();
        let (volumes, _) = store.book(&|_| true)?;
        let there = if only_undelivered { store.peer_frontier(identity.server)? } else { Vec::new() };
        let head = BundleHead {
            site: identity.site,
            device: store.device_key(),
            label: identity.label.clone(),
            written_ms: self.now().0,
            held: volumes.into_iter().collect(),
        };
        let mut entries = 0;
        whole_file(to, |file| {
            let mut out = BufWriter::with_capacity(BUFFER, file);
            let written = write_bundle::<Error>(&mut out, &head, &there, |asked| read_log(store, asked));
            entries = written.map_err(|error| std::io::Error::other(error.to_string()))?.entries;
            Ok(())
        })?;
        let bytes = std::fs::metadata(to).map(|file| file.len()).unwrap_or_default();
        Ok(BundleWritten { file: to.display().to_string(), entries: small(entries), kib: small(bytes.div_ceil(1024)) })
    }

    /// Takes in what a bundle holds.
    ///
    /// # Errors
    /// [`Error::Bundle`] for a file that is none, or of another site; [`Error::Folder`] when it cannot be opened. A file
    /// that is cut off or damaged is no error: what was good in it is taken, and the answer says where it ended.
    pub fn read_bundle(&self, from: &Path) -> Result<BundleRead, Error> {
        let open = std::fs::File::open(from)
            .map_err(|error| Error::Folder { path: from.display().to_string(), detail: error.to_string() })?;
        let mut bundle = BundleReader::open(BufReader::with_capacity(BUFFER, open))?;
        let head = bundle.head().clone();
        if head.site != self.identity().site {
            let (theirs, ours) = (head.site, self.identity().site);
            return Err(Error::Bundle(words!(
                "这个数据包属于站点「{theirs}」,本机属于「{ours}」,没有读入。",
                "This bundle is of the site “{theirs}”, this device belongs to “{ours}”; nothing was read."
            )));
        }
        let before = self.store().counts()?.entries;
        let (mut refused, mut trouble) = (0, None);
        loop {
            match bundle.next_batch() {
                Ok(Some(batch)) => refused += self.take_in(&batch, None)?.receipt.refused.len() as u64,
                Ok(None) => break,
                Err(error) => {
                    trouble = Some(words_of(&error));
                    break;
                }
            }
        }
        let counts = self.store().counts()?;
        Ok(BundleRead {
            label: head.label,
            written: Timestamp(head.written_ms),
            entries: small(bundle.count().entries),
            new: small(counts.entries.saturating_sub(before)),
            waiting: small(counts.parked + counts.waiting),
            refused: small(refused),
            trouble,
        })
    }
}

fn small(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
