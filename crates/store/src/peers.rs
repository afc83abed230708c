//! Who holds what: other replicas' acknowledged frontiers, the site's devices, enrolment.
//!
//! Invariants
//! - A peer counts as holding an entry only when it named that entry's hash, or a later one's of the same chain, as
//!   durably stored. A number alone proves nothing: the writer may have gone two ways.
//! - What a peer says replaces what it said before, also when it is less: its disk may be an older copy.

use std::collections::HashSet;

use dutybook_domain::RecordId;
use dutybook_log::{DeviceKey, Frontier, VolumeId, WriterId};
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use crate::book::{from_sql, to_sql};
use crate::cache::RowId;
use crate::error::Result;
use crate::materialise::doc_id;
use crate::reading::hash_at;
use crate::store::{Store, Work};

/// A device of the site, as the server's own changes say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its key.
    pub key: DeviceKey,
    /// What people call it.
    pub label: String,
    /// The prefix of its numbers.
    pub prefix: String,
    /// What it is used as: `tablet`, `desk`, `admin`.
    pub role: String,
    /// The server sent it away.
    pub revoked: bool,
    /// When it was last connected here, by our clock.
    pub last_contact_ms: Option<i64>,
}

/// Who holds all of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holders {
    /// The server does (已到服务器).
    pub server: bool,
    /// How many other devices do, the server not counted.
    pub devices: u32,
}

/// What an enrolment token allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What the device is to be used as.
    pub role: String,
    /// What people will call it.
    pub name: String,
}

impl Store {
    /// Takes in what a peer has acknowledged: for the writers named, and only for those.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn set_peer_frontier(&self, peer: DeviceKey, held: &[(VolumeId, Frontier)]) -> Result<()> {
        self.within(|work| {
            let peer = work.peer(peer)?;
            for (volume, frontier) in held {
                for (writer, theirs) in frontier {
                    let ours = work.frontier(volume)?.get(writer);
                    work.claimed(peer, volume, writer, theirs.seq, ours.map_or(0, |ours| ours.seq))?;
                    let (Some(known), Some(ours)) = (work.writer(writer)?, ours) else { continue };
                    // Beyond our own end nothing can be compared; up to it their chain must be ours.
                    let (held, proven) = if theirs.seq > ours.seq {
                        (ours.seq, 0)
                    } else {
                        let stored = if theirs.seq == ours.seq {
                            Some(ours.hash)
                        } else {
                            hash_at(work.tx, known.row, theirs.seq)?
                        };
                        if stored == Some(theirs.hash) { (theirs.seq, theirs.seq) } else { (0, 0) }
                    };
                    if held == 0 {
                        work.tx
                            .prepare_cached("DELETE FROM peer_frontier WHERE peer = ?1 AND writer = ?2")?
                            .execute(params![peer, known.row])?;
                        continue;
                    }
                    work.tx
                        .prepare_cached(
                            "INSERT INTO peer_frontier (peer, writer, seq, proven) VALUES (?1, ?2, ?3, ?4)
                             ON CONFLICT (peer, writer) DO UPDATE SET seq = excluded.seq, proven = excluded.proven
                             WHERE seq <> excluded.seq OR proven <> excluded.proven",
                        )?
                        .execute(params![peer, known.row, to_sql(held)?, to_sql(proven)?])?;
                }
            }
            Ok(())
        })
    }

    /// Forgets what a peer held: it starts from nothing (its disk was replaced).
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn forget_peer_frontier(&self, peer: DeviceKey) -> Result<()> {
        self.within(|work| {
            let peer = work.peer(peer)?;
            work.tx.execute("DELETE FROM peer_frontier WHERE peer = ?1", [peer])?;
            work.tx.execute("DELETE FROM claim WHERE peer = ?1", [peer])?;
            Ok(())
        })
    }

    /// How far a peer holds what we hold.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn peer_frontier(&self, peer: DeviceKey) -> Result<Vec<(VolumeId, Frontier)>> {
        self.read(|connection| {
            let mut frontiers = std::collections::BTreeMap::<VolumeId, Frontier>::new();
            let mut query = connection.prepare_cached(
                "SELECT volume.name, writer.writer, peer_frontier.seq, writer.id
                 FROM peer JOIN peer_frontier ON peer_frontier.peer = peer.id
                 JOIN writer ON writer.id = peer_frontier.writer JOIN volume ON volume.id = writer.volume
                 WHERE peer.device = ?1",
            )?;
            let mut rows = query.query([peer.0])?;
            while let Some(row) = rows.next()? {
                let volume = crate::book::volume_name(&row.get::<_, String>(0)?)?;
                let seq = from_sql(row.get(2)?);
                let Some(hash) = hash_at(connection, row.get(3)?, seq)? else { continue };
                let writer = dutybook_log::WriterId(row.get(1)?);
                frontiers.entry(volume).or_default().set(writer, dutybook_log::Position { seq, hash });
            }
            Ok(frontiers.into_iter().collect())
        })
    }

    /// How many entries of this device's log the peer has not acknowledged. Looks at writers, not at entries.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn undelivered(&self, peer: DeviceKey) -> Result<u32> {
        self.read(|connection| {
            let count: i64 = connection
                .prepare_cached(
                    "SELECT coalesce(sum(writer.seq - coalesce(held.seq, 0)), 0) FROM writer
                     LEFT JOIN (SELECT writer, seq FROM peer_frontier JOIN peer ON peer.id = peer
                                WHERE peer.device = ?1) AS held ON held.writer = writer.id",
                )?
                .query_row([peer.0], |row| row.get(0))?;
            Ok(u32::try_from(count.max(0)).unwrap_or(u32::MAX))
        })
    }

    /// The records with entries that the peer has not acknowledged.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn undelivered_records(&self, peer: DeviceKey) -> Result<HashSet<RecordId>> {
        self.read(|connection| {
            let behind: Vec<(RowId, i64)> = connection
                .prepare_cached(
                    "SELECT writer.id, coalesce(held.seq, 0) FROM writer
                     LEFT JOIN (SELECT writer, seq FROM peer_frontier JOIN peer ON peer.id = peer
                                WHERE peer.device = ?1) AS held ON held.writer = writer.id
                     WHERE writer.seq > coalesce(held.seq, 0)",
                )?
                .query_map([peer.0], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let mut records = HashSet::new();
            for (writer, held) in behind {
                let mut query = connection.prepare_cached(
                    "SELECT DISTINCT document.doc FROM entry JOIN document ON document.id = entry.document
                     WHERE entry.writer = ?1 AND entry.seq > ?2",
                )?;
                let mut rows = query.query(params![writer, held])?;
                while let Some(row) = rows.next()? {
                    records.insert(RecordId(Uuid::from_bytes(row.get(0)?)));
                }
            }
            Ok(records)
        })
    }

    /// Whether the peer has acknowledged all entries of a record that this device holds.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_delivered(&self, record: RecordId, peer: DeviceKey) -> Result<bool> {
        self.read(|connection| Ok(holders_of(connection, record)?.contains(&peer)))
    }

    /// Who else holds all of a record (已到服务器 / n 台设备持有).
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn holders(&self, record: RecordId) -> Result<Holders> {
        let server = self.identity()?.map(|identity| identity.server);
        self.read(|connection| {
            let peers = holders_of(connection, record)?;
            let server = server.is_some_and(|server| peers.contains(&server));
            let devices = peers.len() - usize::from(server);
            Ok(Holders { server, devices: u32::try_from(devices).unwrap_or(u32::MAX) })
        })
    }

    /// A connection to the peer was there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn set_last_contact(&self, peer: DeviceKey, at_ms: i64) -> Result<()> {
        self.within(|work| {
            let peer = work.peer(peer)?;
            work.tx.execute("UPDATE peer SET last_contact_ms = ?2 WHERE id = ?1", params![peer, at_ms])?;
            Ok(())
        })
    }

    /// This device and the server hold the same: from now on numbers need no gap any more (see counter.rs).
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn in_sync_with_server(&self) -> Result<()> {
        let floor: i64 =
            self.read(|connection| Ok(connection.query_row("SELECT number_floor FROM meta", [], |row| row.get(0))?))?;
        if floor == 0 {
            return Ok(());
        }
        self.within(|work| {
            work.tx.execute("UPDATE meta SET number_floor = 0", [])?;
            Ok(())
        })
    }

    /// All devices the server took in, revoked ones too.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn devices(&self) -> Result<Vec<Device>> {
        self.read(|connection| read_devices(connection, None))
    }

    /// The device with this key, if the server took it in.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn device(&self, key: DeviceKey) -> Result<Option<Device>> {
        self.read(|connection| Ok(read_devices(connection, Some(key))?.pop()))
    }

    /// Keeps an enrolment token; only its hash.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put_token(&self, token_hash: [u8; 32], token: &Token, expires_ms: i64) -> Result<()> {
        self.within(|work| {
            work.tx.execute(
                "INSERT OR REPLACE INTO enrolment (token_hash, role, name, expires_ms, used_by)
                 VALUES (?1, ?2, ?3, ?4, NULL)",
                params![token_hash, token.role, token.name, expires_ms],
            )?;
            Ok(())
        })
    }

    /// Uses a token up. `None`: there is none, it has expired, or another device used it; the same device may come
    /// again, since the answer may have been lost on the way.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn take_token(&self, token_hash: [u8; 32], now_ms: i64, device: DeviceKey) -> Result<Option<Token>> {
        self.within(|work| {
            Ok(work
                .tx
                .prepare_cached(
                    "UPDATE enrolment SET used_by = ?3
                     WHERE token_hash = ?1 AND (used_by = ?3 OR (used_by IS NULL AND expires_ms > ?2))
                     RETURNING role, name",
                )?
                .query_row(params![token_hash, now_ms, device.0], |row| {
                    Ok(Token { role: row.get(0)?, name: row.get(1)? })
                })
                .optional()?)
        })
    }
}

impl Work<'_> {
    /// What a peer says it holds beyond what is here is missing here, until it comes.
    fn claimed(&self, peer: RowId, volume: &VolumeId, writer: &WriterId, theirs: u64, ours: u64) -> Result<()> {
        if theirs > ours {
            self.tx
                .prepare_cached(
                    "INSERT INTO claim (peer, volume, writer, seq) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (peer, writer) DO UPDATE SET seq = excluded.seq WHERE seq <> excluded.seq",
                )?
                .execute(params![peer, volume.to_string(), writer.0, to_sql(theirs)?])?;
        } else {
            self.tx
                .prepare_cached("DELETE FROM claim WHERE peer = ?1 AND writer = ?2")?
                .execute(params![peer, writer.0])?;
        }
        Ok(())
    }

    fn peer(&self, device: DeviceKey) -> Result<RowId> {
        self.tx
            .prepare_cached("INSERT OR IGNORE INTO peer (device, last_contact_ms) VALUES (?1, 0)")?
            .execute([device.0])?;
        Ok(self.tx.prepare_cached("SELECT id FROM peer WHERE device = ?1")?.query_row([device.0], |row| row.get(0))?)
    }
}

/// The peers that hold everything of a record.
fn holders_of(connection: &Connection, record: RecordId) -> Result<Vec<DeviceKey>> {
    // A record has few writers; each peer must have reached the last entry of every one of them.
    let mut query = connection.prepare_cached(
        "WITH ends AS (SELECT writer, max(seq) AS seq FROM entry
                       WHERE document = (SELECT id FROM document WHERE doc = ?1) GROUP BY writer)
         SELECT peer.device FROM peer
         WHERE EXISTS (SELECT 1 FROM ends)
           AND NOT EXISTS (SELECT 1 FROM ends LEFT JOIN peer_frontier AS held
                           ON held.peer = peer.id AND held.writer = ends.writer
                           WHERE coalesce(held.seq, 0) < ends.seq)",
    )?;
    let rows = query.query_map([doc_id(record).0], |row| Ok(DeviceKey(row.get(0)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn read_devices(connection: &Connection, key: Option<DeviceKey>) -> Result<Vec<Device>> {
    let mut query = connection.prepare_cached(
        "SELECT key, label, prefix, role, revoked, peer.last_contact_ms
         FROM device LEFT JOIN peer ON peer.device = device.key
         WHERE ?1 IS NULL OR key = ?1 ORDER BY prefix, key",
    )?;
    let rows = query.query_map([key.map(|key| key.0)], |row| {
        Ok(Device {
            key: DeviceKey(row.get(0)?),
            label: row.get(1)?,
            prefix: row.get(2)?,
            role: row.get(3)?,
            revoked: row.get(4)?,
            last_contact_ms: row.get::<_, Option<i64>>(5)?.filter(|at_ms| *at_ms != 0),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
