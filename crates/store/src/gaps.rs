//! What is known to have been written and is not here, and who said that it has it.
//!
//! Invariant: only what somebody named. An entry of which nobody ever spoke leaves no trace; what waits for it is
//! counted in [`crate::Counts::waiting`].

use std::collections::BTreeMap;

use dutybook_log::{DeviceKey, VolumeId, WriterId};
use rusqlite::Connection;

use crate::book::{from_sql, volume_name};
use crate::error::Result;
use crate::peers::{Device, read_devices};
use crate::store::Store;

/// A writer of whom entries are missing here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The volume.
    pub volume: VolumeId,
    /// The writer.
    pub writer: WriterId,
    /// The device that wrote it; none where nothing of the writer is here.
    pub device: Option<Device>,
    /// Up to which number everything is here.
    pub have: u64,
    /// Up to which number something is known to exist.
    pub known: u64,
    /// How many entries beyond `have` are here already and wait for those before them.
    pub waiting: u64,
    /// Who said that it holds more than is here, and how far; the furthest first.
    pub holders: Vec<(Device, u64)>,
}

impl Gap {
    /// How many entries are missing.
    #[must_use]
    pub const fn missing(&self) -> u64 {
        (self.known - self.have).saturating_sub(self.waiting)
    }
}

impl Store {
    /// What is missing, by volume and writer.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn gaps(&self) -> Result<Vec<Gap>> {
        self.read(|connection| {
            let devices: BTreeMap<DeviceKey, Device> =
                read_devices(connection, None)?.into_iter().map(|device| (device.key, device)).collect();
            let mut gaps = BTreeMap::new();
            claims(connection, &devices, &mut gaps)?;
            parked(connection, &devices, &mut gaps)?;
            let mut gaps: Vec<Gap> = gaps.into_values().filter(|gap| gap.missing() > 0).collect();
            for gap in &mut gaps {
                gap.holders.sort_by_key(|(_, upto)| std::cmp::Reverse(*upto));
            }
            Ok(gaps)
        })
    }
}

type Gaps = BTreeMap<(VolumeId, WriterId), Gap>;

/// The server and whoever it does not know have no record of their own.
fn named(devices: &BTreeMap<DeviceKey, Device>, key: DeviceKey) -> Device {
    devices.get(&key).cloned().unwrap_or_else(|| Device {
        key,
        label: String::new(),
        prefix: String::new(),
        role: String::new(),
        revoked: false,
        last_contact_ms: None,
    })
}

fn gap_of<'a>(
    gaps: &'a mut Gaps,
    devices: &BTreeMap<DeviceKey, Device>,
    row: &rusqlite::Row<'_>,
) -> Result<&'a mut Gap> {
    let (volume, writer) = (volume_name(&row.get::<_, String>(0)?)?, WriterId(row.get(1)?));
    let device: Option<[u8; 32]> = row.get(4)?;
    let (have, known) = (from_sql(row.get(3)?), from_sql(row.get(2)?));
    let gap = gaps.entry((volume, writer)).or_insert_with(|| Gap {
        volume,
        writer,
        device: device.map(|key| named(devices, DeviceKey(key))),
        have,
        known,
        waiting: 0,
        holders: Vec::new(),
    });
    gap.known = gap.known.max(known);
    Ok(gap)
}

fn claims(connection: &Connection, devices: &BTreeMap<DeviceKey, Device>, gaps: &mut Gaps) -> Result<()> {
    let mut query = connection.prepare_cached(
        "SELECT claim.volume, claim.writer, claim.seq, coalesce(writer.seq, 0), writer.device, peer.device,
                peer.last_contact_ms
         FROM claim JOIN peer ON peer.id = claim.peer LEFT JOIN writer ON writer.writer = claim.writer
         WHERE claim.seq > coalesce(writer.seq, 0)",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let mut holder = named(devices, DeviceKey(row.get(5)?));
        holder.last_contact_ms = row.get::<_, Option<i64>>(6)?.filter(|at_ms| *at_ms != 0);
        let upto = from_sql(row.get(2)?);
        gap_of(gaps, devices, row)?.holders.push((holder, upto));
    }
    Ok(())
}

fn parked(connection: &Connection, devices: &BTreeMap<DeviceKey, Device>, gaps: &mut Gaps) -> Result<()> {
    // Whatever an entry waits for, those of its writer that are here count as here.
    let mut query = connection.prepare_cached(
        "SELECT parked.volume, parked.writer, max(parked.seq), coalesce(writer.seq, 0), writer.device, count(*)
         FROM parked LEFT JOIN writer ON writer.writer = parked.writer
         WHERE parked.seq > coalesce(writer.seq, 0) GROUP BY parked.volume, parked.writer",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let waiting = from_sql(row.get(5)?);
        gap_of(gaps, devices, row)?.waiting = waiting;
    }
    Ok(())
}
