//! Files beside a book, named by what is in them, and pictures made small enough to travel.
//!
//! Invariants
//! - A file counts from the moment [`Files::put`] or the last [`Files::append`] returns: its bytes and its name are on
//!   the disk then.
//! - A file is what its name says. Bytes that are something else are never handed out and never take its place.
//! - Nothing is deleted but parts that turned out to be something else.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use dutybook_domain::file::FileHash;
use sha2::{Digest as _, Sha256};

mod picture;

pub use picture::{Picture, PictureError, thumbnail, travelling};

/// The longest file that is taken, in bytes.
pub const LONGEST: u64 = 32 * 1024 * 1024;

/// Why a file was not taken or given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The disk.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is too long.
    #[error("a file may have {LONGEST} bytes; this one has {0}")]
    TooLong(u64),
    /// A piece does not begin where the last one ended.
    #[error("{have} bytes are here; the piece begins at {offset}")]
    Offset {
        /// How many bytes are here.
        have: u64,
        /// Where the piece begins.
        offset: u64,
    },
    /// The bytes are not what their name says.
    #[error("the bytes are not those of {0}; send them again from the beginning")]
    NotIt(FileHash),
}

impl Error {
    fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

/// How much of a file is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// How many bytes are here.
    pub offset: u64,
    /// How many it has.
    pub length: u64,
}

/// What a look at every file found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Files that are what their names say.
    pub whole: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that are not.
    pub damaged: Vec<FileHash>,
}

/// The files in one folder.
#[derive(Debug)]
pub struct Files {
    folder: PathBuf,
    /// One piece at a time: pieces are small, and two of the same file must not mix.
    writing: Mutex<()>,
}

impl Files {
    /// The files beside the book in `folder`.
    #[must_use]
    pub fn beside(folder: &Path) -> Self {
        Self { folder: folder.join("files"), writing: Mutex::default() }
    }

    /// Where a file lies or would lie.
    #[must_use]
    pub fn path(&self, hash: &FileHash) -> PathBuf {
        let name = hash.to_string();
        self.folder.join(&name[..2]).join(name)
    }

    /// Its length, where it is here.
    #[must_use]
    pub fn length(&self, hash: &FileHash) -> Option<u64> {
        fs::metadata(self.path(hash)).ok().map(|file| file.len())
    }

    /// Takes a file in.
    ///
    /// # Errors
    /// [`Error::TooLong`], [`Error::Io`].
    pub fn put(&self, bytes: &[u8]) -> Result<FileHash, Error> {
        let (hash, length) = (FileHash::of(bytes), bytes.len() as u64);
        if self.length(&hash) == Some(length) {
            return Ok(hash);
        }
        let _one = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let part = self.part(&hash, length)?;
        let mut file = File::create(&part).map_err(Error::io(&part))?;
        file.write_all(bytes).map_err(Error::io(&part))?;
        self.settle(&hash, &part, &file)?;
        Ok(hash)
    }

    /// The bytes of a file, where it is here and what its name says.
    ///
    /// # Errors
    /// [`Error::NotIt`] when the disk gives something else; [`Error::Io`].
    pub fn read(&self, hash: &FileHash) -> Result<Option<Vec<u8>>, Error> {
        let path = self.path(hash);
        match fs::read(&path) {
            Ok(bytes) if FileHash::of(&bytes) == *hash => Ok(Some(bytes)),
            Ok(_) => Err(Error::NotIt(*hash)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(&path)(error)),
        }
    }

    /// How much of a file has come; none when nobody began to send it.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn received(&self, hash: &FileHash) -> Result<Option<Received>, Error> {
        if let Some(length) = self.length(hash) {
            return Ok(Some(Received { offset: length, length }));
        }
        let path = self.path(hash);
        let folder = path.parent().unwrap_or(&self.folder);
        let name = hash.to_string();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let part = entry.file_name();
            let length =
                part.to_str().and_then(|part| part.strip_prefix(&name)?.strip_prefix('.')?.strip_suffix(".part"));
            if let Some(length) = length.and_then(|length| length.parse().ok()) {
                let offset = entry.metadata().map_err(Error::io(&entry.path()))?.len();
                return Ok(Some(Received { offset, length }));
            }
        }
        Ok(None)
    }

    /// Somebody is going to send a file of this length. Beginning again goes on where it was.
    ///
    /// # Errors
    /// [`Error::TooLong`], [`Error::Io`].
    pub fn begin(&self, hash: &FileHash, length: u64) -> Result<Received, Error> {
        let _one = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        match self.received(hash)? {
            Some(received) if received.length == length || self.length(hash).is_some() => Ok(received),
            other => {
                if let Some(liar) = other {
                    let part = self.part(hash, liar.length)?;
                    fs::remove_file(&part).map_err(Error::io(&part))?;
                }
                let part = self.part(hash, length)?;
                File::create(&part).map_err(Error::io(&part))?;
                Ok(Received { offset: 0, length })
            }
        }
    }

    /// Takes the next piece of a file that was begun. With the last one it counts.
    ///
    /// # Errors
    /// [`Error::Offset`] when the piece does not begin where the last one ended; [`Error::NotIt`] when all pieces
    /// together are something else: they are dropped; [`Error::TooLong`] when there is more than was said.
    pub fn append(&self, hash: &FileHash, offset: u64, piece: &[u8]) -> Result<Received, Error> {
        let _one = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let received = self.received(hash)?.ok_or(Error::Offset { have: 0, offset })?;
        if received.offset != offset {
            return Err(Error::Offset { have: received.offset, offset });
        }
        if received.offset == received.length {
            return Ok(received);
        }
        let end = offset + piece.len() as u64;
        if end > received.length {
            return Err(Error::TooLong(end));
        }
        let part = self.part(hash, received.length)?;
        let mut file = OpenOptions::new().read(true).append(true).open(&part).map_err(Error::io(&part))?;
        file.write_all(piece).map_err(Error::io(&part))?;
        if end == received.length {
            file.seek(SeekFrom::Start(0)).map_err(Error::io(&part))?;
            if hash_of(&mut file).map_err(Error::io(&part))? != *hash {
                fs::remove_file(&part).map_err(Error::io(&part))?;
                return Err(Error::NotIt(*hash));
            }
            self.settle(hash, &part, &file)?;
        }
        Ok(Received { offset: end, length: received.length })
    }

    /// Looks at every file.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn scan(&self) -> Result<Scan, Error> {
        let mut scan = Scan::default();
        for shelf in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            for entry in fs::read_dir(shelf.path()).into_iter().flatten().flatten() {
                let Some(hash) = entry.file_name().to_str().and_then(|name| name.parse::<FileHash>().ok()) else {
                    continue;
                };
                let path = entry.path();
                let mut file = File::open(&path).map_err(Error::io(&path))?;
                if hash_of(&mut file).map_err(Error::io(&path))? == hash {
                    scan.whole += 1;
                    scan.bytes += entry.metadata().map_err(Error::io(&path))?.len();
                } else {
                    scan.damaged.push(hash);
                }
            }
        }
        scan.damaged.sort_unstable();
        Ok(scan)
    }

    fn part(&self, hash: &FileHash, length: u64) -> Result<PathBuf, Error> {
        if length > LONGEST {
            return Err(Error::TooLong(length));
        }
        let path = self.path(hash);
        let folder = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
        Ok(folder.join(format!("{hash}.{length}.part")))
    }

    /// A part that is whole becomes the file.
    fn settle(&self, hash: &FileHash, part: &Path, file: &File) -> Result<(), Error> {
        let path = self.path(hash);
        file.sync_all().map_err(Error::io(part))?;
        fs::rename(part, &path).map_err(Error::io(&path))?;
        // The name is durable only when its folders are. Windows keeps folders durable by itself.
        #[cfg(unix)]
        for folder in path.ancestors().skip(1).take(3) {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::io(folder))?;
        }
        Ok(())
    }
}

fn hash_of(file: &mut File) -> std::io::Result<FileHash> {
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(FileHash(hasher.finalize().into())),
            read => hasher.update(&piece[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use super::*;

    fn files() -> (tempfile::TempDir, Files) {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::beside(folder.path());
        (folder, files)
    }

    #[test]
    fn what_was_put_is_there_and_putting_it_again_changes_nothing() {
        let (_folder, files) = files();
        let hash = files.put(b"leak").unwrap();
        assert_eq!(files.put(b"leak").unwrap(), hash);
        assert_eq!(files.read(&hash).unwrap().as_deref(), Some(&b"leak"[..]));
        assert_eq!(files.read(&FileHash::of(b"other")).unwrap(), None);
        assert_eq!(files.scan().unwrap(), Scan { whole: 1, bytes: 4, damaged: vec![] });
    }

    #[test]
    fn a_file_comes_in_pieces_across_breaks() {
        let (folder, files) = files();
        let bytes: Vec<u8> = (0..100_000u32).flat_map(u32::to_le_bytes).collect();
        let hash = FileHash::of(&bytes);
        assert_eq!(files.received(&hash).unwrap(), None);
        files.begin(&hash, bytes.len() as u64).unwrap();
        files.append(&hash, 0, &bytes[..1000]).unwrap();
        // Opened anew, as after a crash; the last piece is sent again, which is refused with where to go on.
        let files = Files::beside(folder.path());
        assert_eq!(files.begin(&hash, bytes.len() as u64).unwrap().offset, 1000);
        assert!(matches!(files.append(&hash, 0, &bytes[..1000]), Err(Error::Offset { have: 1000, .. })));
        assert_eq!(files.read(&hash).unwrap(), None, "half a file is none");
        let done = files.append(&hash, 1000, &bytes[1000..]).unwrap();
        assert_eq!((done.offset, done.length), (400_000, 400_000));
        assert_eq!(files.read(&hash).unwrap().unwrap(), bytes);
    }

    #[test]
    fn bytes_that_are_something_else_never_take_its_place() {
        let (_folder, files) = files();
        let hash = FileHash::of(b"door");
        files.begin(&hash, 4).unwrap();
        assert!(matches!(files.append(&hash, 0, b"wall"), Err(Error::NotIt(_))));
        assert_eq!(files.received(&hash).unwrap(), None, "it is sent again from the beginning");
        files.begin(&hash, 9).unwrap();
        assert!(matches!(files.append(&hash, 0, b"door and wall"), Err(Error::TooLong(13))));
        assert!(matches!(files.begin(&hash, LONGEST + 1), Err(Error::TooLong(_))));
        assert_eq!(
            files.begin(&hash, 4).unwrap(),
            Received { offset: 0, length: 4 },
            "somebody had lied about its length"
        );
        files.append(&hash, 0, b"door").unwrap();
        // A disk that forgets.
        fs::write(files.path(&hash), b"dour").unwrap();
        assert!(matches!(files.read(&hash), Err(Error::NotIt(_))));
        assert_eq!(files.scan().unwrap().damaged, [hash]);
    }
}
