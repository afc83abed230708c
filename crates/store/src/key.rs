//! Where the device's secret key is kept.
//!
//! Invariants
//! - The secret is never in the database: a backup, or a copy sent for help, cannot sign as this device.
//! - A key file is written once and never overwritten.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use dutybook_log::{DeviceKey, DeviceSecret};

use crate::error::{Error, Result};

/// The key file beside the database. The one place to change when the system's key store takes over.
pub(crate) struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self { path: folder.join("device.key") }
    }

    /// Reads the secret and makes sure that it is `device`'s.
    pub(crate) fn load(&self, device: DeviceKey) -> Result<DeviceSecret> {
        match self.read()? {
            None => Err(Error::KeyMissing(self.path.clone())),
            Some(secret) if secret.public() == device => Ok(secret),
            Some(_) => Err(Error::KeyWrong(self.path.clone())),
        }
    }

    /// Reads the secret, if there is one.
    pub(crate) fn read(&self) -> Result<Option<DeviceSecret>> {
        match fs::read(&self.path) {
            Ok(bytes) => {
                let bytes = bytes.try_into().map_err(|_| Error::KeyWrong(self.path.clone()))?;
                Ok(Some(DeviceSecret::from_bytes(bytes)))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(&self.path)(error)),
        }
    }

    /// Writes the first secret durably, readable by this user only.
    pub(crate) fn write(&self, secret: &DeviceSecret) -> Result<()> {
        let new = self.path.with_extension("key.new");
        let written = (|| {
            let mut options = fs::OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&new)?;
            file.write_all(&secret.to_bytes())?;
            file.sync_all()?;
            fs::rename(&new, &self.path)?;
            sync_folder(&self.path)
        })();
        written.map_err(Error::io(&self.path))
    }
}

/// A renamed file is durable only when its folder is. Windows keeps folders durable by itself and cannot open them.
pub(crate) fn sync_folder(file: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}
