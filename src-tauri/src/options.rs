//! What the program is started with.

use std::path::PathBuf;

use dutybook_client::Client;
use dutybook_domain::device::AppRole;

use crate::failure::Failure;

const USAGE: &str = "dutybook-app [--data-dir DIR] [--role tablet|desk]\n\
    --data-dir  where this device's book is (default: the system's folder for app data)\n\
    --role      refuse to start on a book that was enrolled as something else";

/// Command line of the desktop program.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Where this device's book is.
    pub(crate) data_dir: Option<PathBuf>,
    /// What the device is expected to be; its real role was fixed when it was enrolled.
    pub(crate) role: Option<AppRole>,
}

impl Options {
    pub(crate) fn from_args() -> Result<Self, String> {
        let mut options = Self::default();
        if cfg!(mobile) {
            return Ok(options);
        }
        let mut args = std::env::args_os().skip(1);
        while let Some(arg) = args.next() {
            let value = args.next().ok_or(USAGE)?;
            match arg.to_str() {
                Some("--data-dir") => options.data_dir = Some(value.into()),
                Some("--role") => {
                    options.role = Some(match value.to_str() {
                        Some("tablet") => AppRole::Tablet,
                        Some("desk") => AppRole::Desk,
                        _ => return Err(USAGE.into()),
                    });
                }
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }

    /// A desk's book opened as a tablet would show somebody else's work in the wrong place.
    pub(crate) fn accepts(&self, client: &Client) -> Result<(), Failure> {
        let Some(wanted) = self.role.filter(|wanted| *wanted != client.role()) else { return Ok(()) };
        let (label, wanted) = (&client.identity().label, wanted.word());
        Err(Failure::new(
            "wrong_role",
            dutybook_domain::words!(
                "这本值班簿属于「{label}」,入网时不是 {wanted}。请去掉 --role,或换一个数据目录。",
                "This book belongs to “{label}”, which was not enrolled as {wanted}. Leave out --role or give another data folder."
            ),
        ))
    }
}
