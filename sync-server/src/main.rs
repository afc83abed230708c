//! `dutybook-server`: the server of a site, its set-up, and tokens for devices.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use dutybook_domain::device::AppRole;
use dutybook_log::SiteCode;
use dutybook_sync_server::{Config, TOKEN_MINUTES, init, new_token, revoke, serve};
use tokio_util::sync::CancellationToken;

/// The server of a Dutybook (值班簿) site.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the server's folder for a new site.
    Init {
        /// The server's folder.
        #[arg(long)]
        data: PathBuf,
        /// Short name of the site: a-z, 0-9 and -.
        #[arg(long)]
        site: SiteCode,
        /// What people call the site.
        #[arg(long)]
        name: String,
    },
    /// Print a token with which one device may enrol within ten minutes.
    Token {
        /// The server's folder.
        #[arg(long)]
        data: PathBuf,
        /// What the device is used as: tablet, desk or admin.
        #[arg(long)]
        role: AppRole,
        /// What people will call the device.
        #[arg(long)]
        name: String,
    },
    /// Take a device out of use (lost, broken, sold).
    Revoke {
        /// The server's folder.
        #[arg(long)]
        data: PathBuf,
        /// The device's prefix, such as T3.
        #[arg(long)]
        device: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Serve until interrupted.
    Serve {
        /// The server's folder.
        #[arg(long)]
        data: PathBuf,
        /// Address and port to listen on.
        #[arg(long, default_value = "0.0.0.0:7600")]
        listen: String,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Init { data, site, name } => {
            let key = init(&data, site, &name)?;
            println!("站点 {site}({name})已建立 / site {site} is set up in {}", data.display());
            println!("服务器公钥 / server key: {}", key);
        }
        Command::Token { data, role, name } => {
            let token = new_token(&data, role, &name)?;
            println!("{token}");
            eprintln!(
                "{TOKEN_MINUTES} 分钟内有效,只能用一次。 / Works once, within {TOKEN_MINUTES} minutes, as {}.",
                role.word()
            );
        }
        Command::Revoke { data, device, reason } => {
            let name = revoke(&data, &device, &reason)?;
            println!("{device}({name})已停用 / {device} ({name}) is out of use");
        }
        Command::Serve { data, listen } => run(data, &listen)?,
    }
    Ok(())
}

#[tokio::main]
async fn run(data: PathBuf, listen: &str) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    #[cfg(unix)]
    room_for_sockets();
    let listener = tokio::net::TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    // For scripts that asked for port 0.
    println!("READY http://{}", listener.local_addr()?);
    let shutdown = CancellationToken::new();
    tokio::spawn({
        let shutdown = shutdown.clone();
        async move {
            interrupted().await;
            shutdown.cancel();
        }
    });
    serve(listener, Config { data }, shutdown).await?;
    Ok(())
}

/// As many open files as the system allows: many start a program with a thousand, and every connection is one.
#[cfg(unix)]
fn room_for_sockets() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "the number of open files stays as it was");
    }
}

#[cfg(unix)]
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn interrupted() {
    let _ = tokio::signal::ctrl_c().await;
}
