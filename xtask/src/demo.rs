//! The demo site, brought to life: a server, an administrator's device that reads the site file in,
//! a desk and a tablet.
//!
//! Every step looks at what is there first, so bringing up what was left half-way, or yesterday,
//! goes on from there.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::command_line::CommandLine;
use crate::programs::Programs;
use crate::server::{Server, free_port};

/// The demo site in one folder.
#[derive(Debug)]
pub struct Demo {
    /// Its server, running.
    pub server: Server,
    /// The dispatch desk's device.
    pub desk: CommandLine,
    /// The patrol tablet's device.
    pub tablet: CommandLine,
    programs: Programs,
    folder: PathBuf,
    /// Locked as long as this lives: two servers on one folder would be two histories.
    _in_use: File,
}

/// What a device is enrolled as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceRole {
    /// Goes on rounds.
    Tablet,
    /// Registers and dispatches.
    Desk,
    /// Keeps the site's data.
    Admin,
}

impl DeviceRole {
    /// The word for it on command lines.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Tablet => "tablet",
            Self::Desk => "desk",
            Self::Admin => "admin",
        }
    }
}

/// Code and name of the demo site, as `demo/site.toml` has them.
const SITE: (&str, &str) = ("demo", "示范苑");

/// Somebody of the demo site who signs in: name and PIN, as `demo/site.toml` has them.
pub type Person = (&'static str, &'static str);
/// Walks the rounds.
pub const GUARD: Person = ("秩序维护员甲", "1357");
/// Sits at the desk.
pub const DUTY_OFFICER: Person = ("值班员甲", "2580");
/// Repairs.
pub const PLUMBER: Person = ("维修员甲(水电)", "8520");

impl Demo {
    /// Brings the site of `site_file` up in `folder`; on `port`, or the port of the last time, or a
    /// free one.
    pub fn bring_up(programs: &Programs, site_file: &Path, folder: &Path, port: Option<u16>) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let in_use = lock(folder)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, kept_port(folder, port)?));
        let mut server = Server::new(programs, &folder.join("server"), address, &folder.join("server.log"))?;
        server.init(SITE.0, SITE.1)?;
        server.start()?;
        let device = |name: &str| CommandLine::new(programs, &folder.join(name));
        let demo = Self {
            server,
            desk: device("desk")?,
            tablet: device("tablet")?,
            programs: programs.clone(),
            folder: folder.to_owned(),
            _in_use: in_use,
        };
        let admin = device("admin")?;
        demo.enrol(&admin, DeviceRole::Admin, "管理电脑")?;
        if list(&admin, "person")?.is_empty() {
            let file = site_file.to_str().context("the site file's path is not text")?;
            admin.ask(&["site", "import", file])?;
        }
        admin.ask(&["sync", &demo.server.url()])?;
        demo.enrol(&demo.desk, DeviceRole::Desk, "前台电脑")?;
        demo.enrol(&demo.tablet, DeviceRole::Tablet, "巡视平板")?;
        for device in [&demo.desk, &demo.tablet] {
            device.ask(&["sync", &demo.server.url()])?;
        }
        Ok(demo)
    }

    /// A further device of the site, enrolled now, in the folder called `name`.
    pub fn another_device(&self, name: &str, role: DeviceRole, label: &str) -> Result<CommandLine> {
        let device = CommandLine::new(&self.programs, &self.folder.join(name))?;
        self.enrol(&device, role, label)?;
        device.ask(&["sync", &self.server.url()])?;
        Ok(device)
    }

    fn enrol(&self, device: &CommandLine, role: DeviceRole, label: &str) -> Result<()> {
        if device.data().exists() && device.call(&["device", "show"])?.code == Some(0) {
            return Ok(());
        }
        let token = self.server.token(role, label)?;
        device.ask(&["device", "new", "--server", &self.server.url(), "--token", &token, "--name", label])?;
        Ok(())
    }
}

/// Signs `person` in on `device`; they stay signed in for later calls and for the app.
pub fn sign_in(device: &CommandLine, (name, pin): Person) -> Result<()> {
    device.ask(&["--person", name, "--pin", pin, "device", "show"])?;
    Ok(())
}

/// All records of a kind on a device, done ones too.
pub fn list(device: &CommandLine, kind: &str) -> Result<Vec<Value>> {
    match device.ask(&["list", kind, "--all"])? {
        Value::Array(records) => Ok(records),
        other => bail!("`list` gave no list: {other}"),
    }
}

/// The name of the file that is locked in a folder in use.
pub const IN_USE: &str = "in-use";

/// Takes the folder for this process; the lock goes with the file, and with the process, however it ends.
pub fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(IN_USE);
    let file = File::create(&path).with_context(|| format!("{} cannot be made", path.display()))?;
    if file.try_lock().is_err() {
        bail!("{} 正被另一个程序使用 · is in use; does another `cargo xtask run` still run?", folder.display());
    }
    Ok(file)
}

/// Devices keep the address that they were enrolled with, so the port stays the same.
fn kept_port(folder: &Path, wanted: Option<u16>) -> Result<u16> {
    let file = folder.join("port");
    let kept = fs::read_to_string(&file).ok().and_then(|port| port.trim().parse().ok());
    let port: u16 = match (kept, wanted) {
        (Some(kept), Some(wanted)) if kept != wanted => {
            bail!("the devices in {} were enrolled with port {kept}; `--fresh` starts anew", folder.display())
        }
        (Some(port), _) | (None, Some(port)) => port,
        (None, None) => free_port()?,
    };
    fs::write(&file, format!("{port}\n")).with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_use_is_left_alone_until_it_is_free() {
        let folder = std::env::temp_dir().join(format!("xtask-demo-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let first = lock(&folder).unwrap();
        assert!(lock(&folder).unwrap_err().to_string().contains("in use"));
        drop(first);
        lock(&folder).unwrap();
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_port_that_devices_were_enrolled_with_stays() {
        let folder = std::env::temp_dir().join(format!("xtask-port-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let first = kept_port(&folder, None).unwrap();
        assert_eq!(kept_port(&folder, None).unwrap(), first);
        assert_eq!(kept_port(&folder, Some(first)).unwrap(), first);
        assert!(kept_port(&folder, Some(first.wrapping_add(1))).unwrap_err().to_string().contains("--fresh"));
        fs::remove_dir_all(folder).unwrap();
    }
}
