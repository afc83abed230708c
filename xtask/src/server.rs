//! The sync server as a process of its own.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::demo::DeviceRole;
use crate::process::{Running, wait_for};
use crate::programs::Programs;

const START: Duration = Duration::from_secs(30);
const STOP: Duration = Duration::from_secs(15);
const ANSWER: Duration = Duration::from_secs(2);

/// A sync server with its data, up or down. Ends with the value.
#[derive(Debug)]
pub struct Server {
    program: PathBuf,
    data: PathBuf,
    address: SocketAddr,
    log: PathBuf,
    running: Option<Running>,
}

impl Server {
    /// The server whose data is in `data`; it is not started yet. What it prints goes to `log`.
    pub fn new(programs: &Programs, data: &Path, address: SocketAddr, log: &Path) -> Result<Self> {
        Ok(Self { program: programs.server()?, data: data.to_owned(), address, log: log.to_owned(), running: None })
    }

    /// Makes its data folder for a new site, unless it is there already.
    pub fn init(&self, site: &str, name: &str) -> Result<()> {
        if !self.data.exists() {
            self.ask(&["init", "--site", site, "--name", name])?;
        }
        Ok(())
    }

    /// A new one-time token for a device that is used as `role` and called `name`.
    pub fn token(&self, role: DeviceRole, name: &str) -> Result<String> {
        self.ask(&["token", "--role", role.word(), "--name", name])
    }

    /// Its data folder, which the command line reads too while the server is down.
    pub fn data(&self) -> &Path {
        &self.data
    }

    fn ask(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new(&self.program)
            .args(arguments)
            .arg("--data")
            .arg(&self.data)
            .stdin(Stdio::null())
            .output()
            .context("dutybook-server cannot be started")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "dutybook-server {}: {}", arguments.join(" "), complaint.trim());
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// What devices are told to connect to.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The process, while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.running.as_ref().map(Running::id)
    }

    /// Starts it and waits until it says that it is healthy.
    pub fn start(&mut self) -> Result<()> {
        ensure!(self.running.is_none(), "the server runs already");
        // Another program's answer must not be taken for ours.
        TcpListener::bind(self.address).with_context(|| {
            format!(
                "{} is taken; does another `cargo xtask run` still run? `--port N` names another port",
                self.address
            )
        })?;
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)
            .with_context(|| format!("{} cannot be written", self.log.display()))?;
        let mut command = Command::new(&self.program);
        command
            .arg("serve")
            .arg("--data")
            .arg(&self.data)
            .arg("--listen")
            .arg(self.address.to_string())
            .stdin(Stdio::null())
            .stdout(log.try_clone().context("the log cannot be shared")?)
            .stderr(log);
        let mut running = Running::start("dutybook-server", &mut command)?;
        let address = self.address;
        let started = wait_for("the server", START, || {
            if let Some(status) = running.ended()? {
                bail!("the server ended at once ({status})");
            }
            Ok(healthy(address).then_some(()))
        });
        started.with_context(|| format!("its last words are in {}", self.log.display()))?;
        self.running = Some(running);
        Ok(())
    }

    /// Asks it to end and waits until it has.
    pub fn stop(&mut self) -> Result<()> {
        let running = self.running.take().context("the server does not run")?;
        let status = running.stop(STOP)?;
        ensure!(status.success(), "the server did not end well ({status}); see {}", self.log.display());
        Ok(())
    }

    /// Ends it at once (`kill -9`), as a power cut would.
    pub fn kill(&mut self) -> Result<()> {
        let mut running = self.running.take().context("the server does not run")?;
        running.kill().context("the server cannot be killed")?;
        Ok(())
    }
}

/// A port of this machine that nobody listens on.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr().context("no free port")?.port())
}

/// Whether `GET /healthz` is answered with 200.
fn healthy(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, ANSWER)?;
        stream.set_read_timeout(Some(ANSWER))?;
        write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.split_whitespace().nth(1) == Some("200"))
}
