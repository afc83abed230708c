//! The app: one window on one device's book. Thin by intention: commands hand over to `dutybook-client`, events say
//! what changed, rules and SQL are elsewhere.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, PoisonError, RwLock};

use dutybook_client::{Client, SystemClock};
#[cfg(desktop)]
use dutybook_domain::device::AppRole;
use dutybook_domain::words;
use tauri::{Manager, WebviewWindowBuilder};
use tauri_specta::Event;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

pub mod bindings;
mod commands;
mod failure;
mod options;

pub use failure::Failure;

use options::Options;

/// The book this window is on.
pub(crate) struct Book {
    dir: PathBuf,
    /// Where printed forms are put.
    forms: PathBuf,
    opened: RwLock<Opened>,
}

enum Opened {
    /// The device was enrolled and its book is open.
    Open(Client),
    /// The device was not enrolled yet: the first screen asks for the server's token.
    New,
    /// The book cannot be opened; every screen says why.
    Broken(Failure),
}

impl Book {
    /// The open book.
    fn client(&self) -> Result<Client, Failure> {
        match &*self.opened.read().unwrap_or_else(PoisonError::into_inner) {
            Opened::Open(client) => Ok(client.clone()),
            Opened::New => Err(dutybook_client::Error::NotEnrolled.into()),
            Opened::Broken(failure) => Err(failure.clone()),
        }
    }

    /// Takes the device into a site and opens its new book.
    async fn enrol(&self, app: &tauri::AppHandle, url: &str, token: &str, label: &str) -> Result<(), Failure> {
        if let Ok(client) = self.client() {
            let label = &client.identity().label;
            return Err(Failure::new(
                "already_enrolled",
                words!("本机已入网({label})。", "This device is enrolled already ({label})."),
            ));
        }
        let client = dutybook_client::enrol(&self.dir, url, token, label, Arc::new(SystemClock::new())).await?;
        begin(app, &client);
        *self.opened.write().unwrap_or_else(PoisonError::into_inner) = Opened::Open(client);
        Ok(())
    }
}

/// Stops the sync runner when the app ends.
struct Stop(CancellationToken);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Where Android and iOS come in.
#[cfg(mobile)]
#[tauri::mobile_entry_point]
fn start() {
    run();
}

/// Opens the window and runs until it is closed.
pub fn run() -> ExitCode {
    let options = match Options::from_args() {
        Ok(options) => options,
        Err(text) => {
            eprintln!("{text}");
            return ExitCode::from(2);
        }
    };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let builder = bindings::builder();
    let outcome = tauri::Builder::default()
        .invoke_handler(builder.invoke_handler())
        .setup(move |app| {
            builder.mount_events(app);
            let dir = match &options.data_dir {
                Some(dir) => dir.clone(),
                None => app.path().app_data_dir()?,
            };
            open_book(app.handle(), &dir, &options);
            open_window(app)?;
            Ok(())
        })
        .run(tauri::generate_context!());
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("值班簿无法启动:{error}\nDutybook cannot start: {error}");
            ExitCode::FAILURE
        }
    }
}

fn open_book(app: &tauri::AppHandle, dir: &std::path::Path, options: &Options) {
    let opened = std::fs::create_dir_all(dir)
        .map_err(|error| Failure::program(&format!("{}: {error}", dir.display())))
        .and_then(|()| Client::open(dir, Arc::new(SystemClock::new())).map_err(Failure::from))
        .and_then(|client| options.accepts(&client).map(|()| client));
    let opened = match opened {
        Ok(client) => {
            begin(app, &client);
            Opened::Open(client)
        }
        Err(failure) if failure.code == dutybook_client::Error::NotEnrolled.code() => Opened::New,
        Err(failure) => Opened::Broken(failure),
    };
    // A device of its own puts its forms where people look for papers; one of several keeps them with its book.
    let papers = app.path().document_dir().ok().filter(|_| options.data_dir.is_none());
    let forms = papers.map_or_else(|| dir.join("forms"), |papers| papers.join("值班簿"));
    app.manage(Book { dir: dir.into(), forms, opened: RwLock::new(opened) });
}

/// Starts what runs beside the screens.
fn begin(app: &tauri::AppHandle, client: &Client) {
    let stop = CancellationToken::new();
    tauri::async_runtime::spawn(client.clone().keep_synced(stop.clone()));
    tauri::async_runtime::spawn(client.clone().keep_meeting(stop.clone()));
    tauri::async_runtime::spawn(client.clone().keep_files_sent(stop.clone()));
    tauri::async_runtime::spawn(tell_changes(app.clone(), client.clone()));
    tauri::async_runtime::spawn(tell_sync(app.clone(), client.clone()));
    app.manage(Stop(stop));
}

/// Says what changed, in domain words; the screens ask again for what they show.
async fn tell_changes(app: tauri::AppHandle, client: Client) {
    let mut changes = client.changes();
    loop {
        let changed = match changes.recv().await {
            Ok(changed) => changed,
            // Too much at once to list: everything may have changed.
            Err(RecvError::Lagged(_)) => dutybook_client::shown::BookChanged::default(),
            Err(RecvError::Closed) => return,
        };
        if commands::BookChangedEvent(changed).emit(&app).is_err() {
            return;
        }
    }
}

async fn tell_sync(app: tauri::AppHandle, client: Client) {
    let mut link = client.link();
    while link.changed().await.is_ok() {
        let Ok(shown) = client.sync_shown() else { continue };
        if commands::SyncChangedEvent(shown).emit(&app).is_err() {
            return;
        }
    }
}

fn open_window(app: &tauri::App) -> tauri::Result<()> {
    let config = app.config().app.windows.first().cloned().unwrap_or_default();
    let window = WebviewWindowBuilder::from_config(app, &config)?;
    #[cfg(desktop)]
    let window = as_its_device(window, &app.state::<Book>(), &config.title);
    window.build()?;
    Ok(())
}

/// Named after the device, so that two on one machine can be told apart, and sharing nothing of what the web view keeps;
/// the desk's takes the whole screen.
#[cfg(desktop)]
fn as_its_device<'a>(
    window: WebviewWindowBuilder<'a, tauri::Wry, tauri::App>,
    book: &Book,
    title: &str,
) -> WebviewWindowBuilder<'a, tauri::Wry, tauri::App> {
    let window = window.data_directory(book.dir.join("webview"));
    let Ok(client) = book.client() else { return window };
    window.title(format!("{title} · {}", client.identity().label)).maximized(client.role() == AppRole::Desk)
}
