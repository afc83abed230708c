//! The server's folder: making it, opening it, and who the server is.

use std::path::Path;

use dutybook_domain::device::AppRole;
use dutybook_log::{DeviceKey, SiteCode};
use dutybook_store::{Identity, OpenOptions, Store};

use crate::clock;

/// Why the server's folder is not one to serve from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SiteError {
    /// The duty book cannot be opened or written.
    #[error(transparent)]
    Store(#[from] dutybook_store::Error),
    /// `init` was not run here.
    #[error("{0} holds no site yet; run `dutybook-server init --data {0} --site CODE --name NAME` first")]
    NoSite(String),
    /// `init` was run here before.
    #[error("{folder} holds site {site} already; nothing was changed")]
    SiteThere {
        /// The folder.
        folder: String,
        /// Its site.
        site: SiteCode,
    },
    /// The folder is that of a tablet or a desk.
    #[error("{0} is the folder of a device, not of a server")]
    OfDevice(String),
    /// No device in use has this prefix.
    #[error("no device in use has the prefix {0}; the status page lists them")]
    NoSuchDevice(String),
}

/// Makes a server's folder for a new site. Answers the server's public key.
///
/// # Errors
/// [`SiteError`]; a folder that holds a site is left as it is.
pub fn init(folder: &Path, site: SiteCode, name: &str) -> Result<DeviceKey, SiteError> {
    let store = Store::open(folder, options())?;
    if let Some(identity) = store.identity()? {
        return Err(SiteError::SiteThere { folder: folder.display().to_string(), site: identity.site });
    }
    store.set_identity(&Identity {
        site,
        site_name: name.to_owned(),
        label: "服务器 server".to_owned(),
        prefix: "S".to_owned(),
        role: AppRole::Admin,
        server: store.device_key(),
    })?;
    Ok(store.device_key())
}

/// Opens a server's folder.
pub(crate) fn open(folder: &Path) -> Result<(Store, Identity), SiteError> {
    let name = || folder.display().to_string();
    if !Store::exists(folder)? {
        return Err(SiteError::NoSite(name()));
    }
    let store = Store::open(folder, options())?;
    let identity = store.identity()?.ok_or_else(|| SiteError::NoSite(name()))?;
    if identity.server != store.device_key() {
        return Err(SiteError::OfDevice(name()));
    }
    Ok((store, identity))
}

fn options() -> OpenOptions {
    OpenOptions { actor: clock::random(), random: Box::new(clock::fill) }
}
