//! `peer-server PORT FOLDER`: this project's server as the comparison with other sync servers starts them. Prints READY.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use dutybook_sync_server::{Config, serve};
use dutybook_tests::peers::open_server;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().context("usage: peer-server PORT FOLDER")?.parse()?;
    let folder = PathBuf::from(arguments.next().context("usage: peer-server PORT FOLDER")?);
    open_server(&folder)?;
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve(listener, Config { data: folder }, stop.clone()));
    println!("READY");
    signal(SignalKind::terminate())?.recv().await;
    stop.cancel();
    Ok(serving.await??)
}
