//! The store itself: opening, the one writing connection, the readers.
//!
//! Invariants
//! - All writing goes through [`Store::within`]: one `BEGIN IMMEDIATE … COMMIT`, all of it or nothing, in the file and
//!   in memory.
//! - Readers use connections that cannot write. They see whole transactions only.
//! - Another process may use the same file; `data_version` tells when what is in memory is out of date.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use dutybook_domain::RecordId;
use dutybook_domain::device::AppRole;
use dutybook_log::{DeviceKey, DeviceSecret, SiteCode};
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use sha2::{Digest as _, Sha256};

use crate::cache::Caches;
use crate::error::{Error, Result};
use crate::instance::{Mark, Marker};
use crate::key::KeyFile;
use crate::schema::{self, Found};

/// Reading connections kept for the next reader.
const IDLE_READERS: usize = 4;

/// Who this device is in the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The site.
    pub site: SiteCode,
    /// What people call the site.
    pub site_name: String,
    /// What people call this device.
    pub label: String,
    /// Prefix of the numbers (单号) it gives.
    pub prefix: String,
    /// What it is used as.
    pub role: AppRole,
    /// The site's server: the root of trust. On the server itself its own key.
    pub server: DeviceKey,
}

/// Fills a slice with random bytes.
pub type Random = Box<dyn FnMut(&mut [u8]) + Send>;

/// What is random per start of the program. Randomness comes in here and nowhere else.
pub struct OpenOptions {
    /// Automerge actor of everything written until the program ends. Never stored for reuse.
    pub actor: [u8; 16],
    /// For the device's key at first, later for nonces of writers and names of database copies.
    pub random: Random,
}

impl std::fmt::Debug for OpenOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenOptions").finish_non_exhaustive()
    }
}

/// One device's duty book: the log, the documents and what is derived from them.
pub struct Store {
    folder: PathBuf,
    path: PathBuf,
    identity: RwLock<Option<Identity>>,
    device: DeviceKey,
    secret: DeviceSecret,
    actor: [u8; 16],
    writing: Mutex<Writer>,
    readers: Mutex<Vec<Connection>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.path).finish_non_exhaustive()
    }
}

/// The writing side.
struct Writer {
    connection: Connection,
    caches: Caches,
    marker: Marker,
    mark: Mark,
    data_version: i64,
    random: Random,
}

/// A transaction under way.
pub(crate) struct Work<'a> {
    pub(crate) tx: &'a Transaction<'a>,
    pub(crate) caches: &'a mut Caches,
    pub(crate) identity: Option<&'a Identity>,
    pub(crate) device: DeviceKey,
    pub(crate) secret: &'a DeviceSecret,
    pub(crate) actor: [u8; 16],
    /// As it will stand after COMMIT.
    pub(crate) mark: Mark,
    /// Other devices count now than before: what is parked may be taken.
    pub(crate) devices_changed: bool,
    /// Records, with their kinds, that read differently now because an action looked at them after entries had arrived.
    pub(crate) caught_up: Vec<(RecordId, String)>,
    random: &'a mut (dyn FnMut(&mut [u8]) + Send),
}

impl Store {
    /// The database in `folder`.
    #[must_use]
    pub fn path_in(folder: &Path) -> PathBuf {
        folder.join("book.sqlite")
    }

    /// Whether there is a duty book in `folder`. Changes nothing.
    ///
    /// # Errors
    /// When what lies there is damaged, newer, or another program's.
    pub fn exists(folder: &Path) -> Result<bool> {
        Ok(schema::probe(&Self::path_in(folder))? == Found::Book)
    }

    /// Opens the duty book in `folder`, making it and the device's key at first; brings its format up to date and
    /// rebuilds what an older version derived.
    ///
    /// # Errors
    /// Everything that [`Error`] says about files. A file is never deleted or replaced.
    pub fn open(folder: &Path, mut options: OpenOptions) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        let path = Self::path_in(folder);
        let marker = Marker::in_folder(folder);
        let key = KeyFile::in_folder(folder);
        let mut lost = false;
        if schema::probe(&path)? == Found::Nothing {
            // A device that lost its database keeps its key, so it stays the same device and is refilled by others.
            lost = marker.exists();
            if key.read()?.is_none() {
                let mut bytes = [0; 32];
                (options.random)(&mut bytes);
                key.write(&DeviceSecret::from_bytes(bytes))?;
            }
        }
        let mut connection = schema::open_writer(&path)?;
        schema::migrate(&mut connection, &path, |tx| {
            let device = key.read()?.ok_or(Error::Missing(path.clone()))?.public();
            tx.execute(
                "INSERT INTO meta (one, device, projection_version, instance, local_commits, number_floor)
                 VALUES (1, ?1, 0, zeroblob(16), 0, 0)",
                [device.0],
            )?;
            Ok(())
        })?;
        let named = |error| Error::of_file(error, &path);
        let device: [u8; 32] = connection.query_row("SELECT device FROM meta", [], |row| row.get(0)).map_err(named)?;
        let secret = key.load(DeviceKey(device))?;
        let identity = read_identity(&connection).map_err(named)?.transpose()?;
        let mark = read_mark(&connection).map_err(named)?;
        let known = mark.instance != [0; 16] && marker.agrees(mark);
        let store = Self {
            folder: folder.to_owned(),
            path: path.clone(),
            identity: RwLock::new(identity),
            device: DeviceKey(device),
            secret,
            actor: options.actor,
            writing: Mutex::new(Writer {
                connection,
                caches: Caches::default(),
                marker,
                mark,
                data_version: -1,
                random: options.random,
            }),
            readers: Mutex::new(Vec::new()),
        };
        if !known {
            let first = mark == Mark { instance: [0; 16], local_commits: 0 } && !lost;
            store.within(|work| work.become_new_instance(first))?;
        }
        store.refresh_projections()?;
        Ok(store)
    }

    /// The folder with the database, the device's key and the marker.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// This device's public key.
    #[must_use]
    pub fn device_key(&self) -> DeviceKey {
        self.device
    }

    /// Signs as this device.
    #[must_use]
    pub fn sign(&self, context: &[u8], message: &[u8]) -> [u8; 64] {
        self.secret.sign(context, message)
    }

    /// Bytes that only this device can compute, the same every time for the same label.
    #[must_use]
    pub fn secret_for(&self, label: &str) -> [u8; 32] {
        // An Ed25519 signature under a context of its own that is never published: who cannot sign cannot know it.
        Sha256::digest(self.secret.sign(b"dutybook secret for", label.as_bytes())).into()
    }

    /// This device's secret key, for the sync session, which proves with it who this is.
    #[must_use]
    pub fn secret(&self) -> &DeviceSecret {
        &self.secret
    }

    /// Who this device is; `None` before it was enrolled.
    ///
    /// # Errors
    /// None today; kept so that a key store may come between.
    pub fn identity(&self) -> Result<Option<Identity>> {
        Ok(self.identity_now())
    }

    fn identity_now(&self) -> Option<Identity> {
        self.identity.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes in what enrolment decided.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn set_identity(&self, identity: &Identity) -> Result<()> {
        self.within(|work| {
            work.tx.execute(
                "INSERT OR REPLACE INTO identity (one, site, site_name, label, prefix, role, server)
                 VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    identity.site.as_str(),
                    identity.site_name,
                    identity.label,
                    identity.prefix,
                    role_word(identity.role),
                    identity.server.0
                ],
            )?;
            Ok(())
        })?;
        let before = self.identity.write().unwrap_or_else(PoisonError::into_inner).replace(identity.clone());
        if before.is_none_or(|before| before.server != identity.server) {
            // Which devices count follows from who the server is.
            self.rebuild_projections()?;
        }
        Ok(())
    }

    /// Runs `work` as one transaction. On an error nothing has happened.
    pub(crate) fn within<T>(&self, work: impl FnOnce(&mut Work<'_>) -> Result<T>) -> Result<T> {
        match self.within_or(|under_way| work(under_way).map(Ok::<T, std::convert::Infallible>))? {
            Ok(out) => Ok(out),
        }
    }

    /// As [`Store::within`]; an inner error rolls back as well and comes back as it is.
    pub(crate) fn within_or<T, E>(
        &self,
        work: impl FnOnce(&mut Work<'_>) -> Result<Result<T, E>>,
    ) -> Result<Result<T, E>> {
        self.run(work).map_err(|error| self.damaged(error))
    }

    fn run<T, E>(&self, work: impl FnOnce(&mut Work<'_>) -> Result<Result<T, E>>) -> Result<Result<T, E>> {
        let mut writing = self.writing();
        // Read under the lock, so that it is the one this transaction belongs to.
        let identity = self.identity_now();
        let Writer { connection, caches, marker, mark, data_version, random } = &mut *writing;
        let mut taken = std::mem::take(caches);
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let now: i64 = tx.pragma_query_value(None, "data_version", |row| row.get(0))?;
        if now != *data_version {
            taken = Caches::default();
            *mark = read_mark(&tx)?;
        }
        let mut under_way = Work {
            tx: &tx,
            caches: &mut taken,
            identity: identity.as_ref(),
            device: self.device,
            secret: &self.secret,
            actor: self.actor,
            mark: *mark,
            devices_changed: false,
            caught_up: Vec::new(),
            random: random.as_mut(),
        };
        let out = match work(&mut under_way)? {
            Ok(out) => out,
            Err(refused) => return Ok(Err(refused)),
        };
        let after = under_way.mark;
        tx.commit()?;
        *caches = taken;
        *data_version = now;
        if after != *mark {
            *mark = after;
            if let Err(error) = marker.follow(after) {
                // The transaction is durable; a marker that lags behind is in order.
                tracing::warn!(%error, "the marker file could not be written");
            }
        }
        Ok(Ok(out))
    }

    /// Runs `query` on a connection that cannot write, in one read transaction.
    pub(crate) fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.read_plain(|connection| {
            let tx = connection.unchecked_transaction()?;
            query(&tx)
        })
    }

    /// As [`Store::read`] without a transaction around it.
    pub(crate) fn read_plain<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => schema::open_reader(&self.path)?,
        };
        let out = query(&connection).map_err(|error| self.damaged(error));
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < IDLE_READERS {
            readers.push(connection);
        }
        out
    }

    fn writing(&self) -> MutexGuard<'_, Writer> {
        // After a panic the transaction was rolled back and the caches were dropped: nothing is half done.
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says which file is damaged when SQLite found it so in the middle of something.
    fn damaged(&self, error: Error) -> Error {
        match error {
            Error::Sqlite(error) => Error::of_file(error, &self.path),
            other => other,
        }
    }

    /// Brings what the write-ahead log still holds into the database file.
    ///
    /// # Errors
    /// When SQLite cannot write.
    pub fn checkpoint(&self) -> Result<()> {
        let writing = self.writing();
        writing
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(|error| Error::of_file(error, &self.path))
    }
}

impl Work<'_> {
    /// Random bytes.
    pub(crate) fn random(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        (self.random)(&mut bytes);
        bytes
    }

    /// Names this copy of the database anew: unless it is the `first`, it may have been copied back, so nothing goes on
    /// where it left off.
    pub(crate) fn become_new_instance(&mut self, first: bool) -> Result<()> {
        let instance = self.random();
        // Numbers given since the copy was made are not known here. A gap is better than a number given twice.
        let gap = if first { 0 } else { crate::counter::GAP_AFTER_COPYING_BACK };
        self.tx.execute(
            "UPDATE meta SET instance = ?1, local_commits = local_commits + 1, number_floor = ?2",
            params![instance, gap],
        )?;
        self.tx.execute("UPDATE counter SET last = last + ?1", [gap])?;
        self.mark = Mark { instance, local_commits: self.mark.local_commits + 1 };
        self.caches.own.clear();
        if !first {
            tracing::warn!("the database may have been copied back; this device continues in new writers");
        }
        Ok(())
    }
}

fn role_word(role: AppRole) -> &'static str {
    match role {
        AppRole::Tablet => "tablet",
        AppRole::Desk => "desk",
        AppRole::Admin => "admin",
    }
}

fn read_mark(connection: &Connection) -> rusqlite::Result<Mark> {
    connection.query_row("SELECT instance, local_commits FROM meta", [], |row| {
        Ok(Mark { instance: row.get(0)?, local_commits: row.get(1)? })
    })
}

fn read_identity(connection: &Connection) -> rusqlite::Result<Option<Result<Identity>>> {
    connection
        .query_row("SELECT site, site_name, label, prefix, role, server FROM identity", [], |row| {
            let site: String = row.get(0)?;
            let role: String = row.get(4)?;
            let known = [AppRole::Tablet, AppRole::Desk, AppRole::Admin];
            let (Ok(site), Some(role)) = (site.parse(), known.into_iter().find(|known| role_word(*known) == role))
            else {
                return Ok(Err(Error::Inconsistent(format!("“{site}” as “{role}” is no device of a site"))));
            };
            Ok(Ok(Identity {
                site,
                site_name: row.get(1)?,
                label: row.get(2)?,
                prefix: row.get(3)?,
                role,
                server: DeviceKey(row.get(5)?),
            }))
        })
        .optional()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &Path) -> Store {
        let mut next = 0u8;
        let random = Box::new(move |bytes: &mut [u8]| {
            next += 1;
            bytes.fill(next);
        });
        Store::open(folder, OpenOptions { actor: [1; 16], random }).unwrap()
    }

    #[test]
    fn a_full_disk_is_said_and_leaves_the_book_as_it_was() {
        let home = tempfile::TempDir::new().unwrap();
        let store = open(home.path());
        store.set_setting("kept", Some("yes")).unwrap();
        let limit = |pages: &str| {
            let writing = store.writing();
            writing.connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
        };
        let pages: i64 = store.writing().connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        limit(&pages.to_string());
        let refused = store.set_setting("big", Some(&"长".repeat(100_000))).unwrap_err();
        assert!(matches!(refused, Error::Full), "{refused}");
        assert_eq!(refused.code(), "disk_full");
        assert_eq!(store.setting("big").unwrap(), None);
        assert_eq!(store.setting("kept").unwrap().as_deref(), Some("yes"));
        limit("1000000");
        store.set_setting("big", Some("small")).unwrap();
        assert!(store.check().unwrap().ok);
    }

    #[test]
    fn a_panic_inside_a_transaction_rolls_it_back() {
        let home = tempfile::TempDir::new().unwrap();
        let store = open(home.path());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            store.within(|work| -> Result<()> {
                work.tx.execute("INSERT INTO setting VALUES ('half', 'done')", [])?;
                panic!("in the middle");
            })
        }));
        assert!(panicked.is_err());
        assert_eq!(store.setting("half").unwrap(), None);
        store.set_setting("whole", Some("yes")).unwrap();
        assert_eq!(store.setting("whole").unwrap().as_deref(), Some("yes"));
    }

    #[test]
    fn readers_cannot_write_and_commits_are_flushed() {
        let home = tempfile::TempDir::new().unwrap();
        let store = open(home.path());
        let refused = store.read(|connection| Ok(connection.execute("DELETE FROM setting", [])?));
        assert!(refused.is_err());
        let pragma = |name: &str| -> String {
            let writing = store.writing();
            let value = writing
                .connection
                .query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, rusqlite::types::Value>(0));
            match value.unwrap() {
                rusqlite::types::Value::Integer(number) => number.to_string(),
                rusqlite::types::Value::Text(text) => text,
                other => format!("{other:?}"),
            }
        };
        assert_eq!(pragma("synchronous"), "2", "FULL");
        assert_eq!(pragma("journal_mode"), "wal");
        assert_eq!(pragma("foreign_keys"), "1");
    }
}
