//! What is missing here, and who could bring it.

use data_encoding::HEXLOWER;
use dutybook_domain::Timestamp;
use dutybook_store::Device;

use crate::client::Client;
use crate::error::Error;
use crate::shown::{GapHolder, GapShown};

impl Client {
    /// What is known to have been written and is not here, by volume and writer.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn gaps(&self) -> Result<Vec<GapShown>, Error> {
        let server = self.identity().server;
        let name = |device: &Device| match device {
            Device { key, .. } if *key == server => "服务器 / the server".to_owned(),
            Device { key, label, .. } if label.is_empty() => HEXLOWER.encode(&key.0[..8]),
            Device { label, prefix, .. } => format!("{label} ({prefix})"),
        };
        let shown = |gap: dutybook_store::Gap| GapShown {
            volume: gap.volume.to_string(),
            device: gap.device.as_ref().map(name),
            writer: HEXLOWER.encode(&gap.writer.0),
            have: gap.have,
            known: gap.known,
            missing: gap.missing(),
            holders: gap
                .holders
                .iter()
                .map(|(device, upto)| GapHolder {
                    device: name(device),
                    upto: *upto,
                    last_contact: device.last_contact_ms.map(Timestamp),
                })
                .collect(),
        };
        Ok(self.store().gaps()?.into_iter().map(shown).collect())
    }
}
