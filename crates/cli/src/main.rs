//! `dutybook`: one device's book from the command line, for administrators and scripts.
//!
//! Exit codes: 0 done · 1 something failed (the text says what to do) · 2 the command line is wrong · 3 the rules do not
//! allow it · 4 `check`, `verify` or `gaps` found something, or the
//! site file has errors · 5 the server could not be reached.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use dutybook_domain::RecordId;
use dutybook_domain::month_seal::Month;

mod output;
mod print;
mod verbs;
mod workbook;

use output::Output;

/// One device's duty book: everything the apps do, from the command line.
#[derive(Parser)]
#[command(name = "dutybook", version, about, after_help = EXIT_CODES)]
struct Cli {
    /// Folder of this device's book.
    #[arg(long, global = true, env = "DUTYBOOK_DATA", default_value = "dutybook-data")]
    data: PathBuf,
    /// Answer in JSON, one value on one line.
    #[arg(long, global = true)]
    json: bool,
    /// Texts in English instead of Chinese.
    #[arg(long, global = true)]
    english: bool,
    #[command(flatten)]
    signing: Signing,
    #[command(subcommand)]
    verb: Verb,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong command line, 3 not allowed by the rules, \
    4 `check`, `verify`, `gaps` or `site import` found problems, 5 no connection to the server";

/// Who signs what is written.
#[derive(Args, Clone)]
struct Signing {
    /// Name of the person who acts; without it, whoever is signed in on this device.
    #[arg(long, global = true, requires = "pin")]
    person: Option<String>,
    /// Their PIN.
    #[arg(long, global = true, env = "DUTYBOOK_PIN", hide_env_values = true)]
    pin: Option<String>,
}

#[derive(Subcommand)]
enum Verb {
    /// The site's data.
    #[command(subcommand)]
    Site(SiteVerb),
    /// This device.
    #[command(subcommand)]
    Device(DeviceVerb),
    /// Does one thing to a record and prints what was written.
    Act {
        /// Id of the record, or `new:KIND` for a new one (`new:work_order`), or `KIND:ID`.
        record: String,
        /// The action as JSON, such as '{"do":"accept"}'; `-` reads it from standard input.
        action: String,
    },
    /// Lists records of a kind (`work_order`, `patrol_run`, `contact_record`, …) or all that are open.
    List {
        /// The kind.
        kind: Option<String>,
        /// Also those that are done.
        #[arg(long)]
        all: bool,
        /// Only with this text in them.
        #[arg(long)]
        text: Option<String>,
    },
    /// One record with its full history: who, when, which device.
    Show {
        /// Its id or its number (单号).
        record: String,
        /// As it was then: `2026-11-24 02:13`, or `02:13` for today, by the site's clock.
        #[arg(long)]
        at: Option<String>,
    },
    /// Today's rounds as the desk sees them, started or not.
    Rounds,
    /// What rings now.
    Alarms,
    /// The ledger, newest first.
    Ledger {
        /// How many lines.
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// Only with this text in them.
        #[arg(long)]
        text: Option<String>,
    },
    /// Writes a form as PDF, or as an Excel workbook when the file is called .xlsx.
    Print {
        /// Which form; without it, the forms there are.
        form: Option<String>,
        /// The record it is the form of: its id or its number (单号).
        #[arg(long)]
        record: Option<String>,
        /// The kind of records, for the form `list`.
        #[arg(long)]
        kind: Option<String>,
        /// The day, or the first of several; today when left out.
        #[arg(long, conflicts_with = "month")]
        day: Option<chrono::NaiveDate>,
        /// The last day.
        #[arg(long, requires = "day")]
        to: Option<chrono::NaiveDate>,
        /// A whole month, such as 2026-11.
        #[arg(long)]
        month: Option<String>,
        /// Whose shifts, for a roster written as a calendar.
        #[arg(long)]
        person: Option<String>,
        /// The file to write: .pdf, .xlsx, or .ics for a roster.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Exchanges everything with the server and returns when both hold the same.
    Sync {
        /// Its address; without it, the one this device was enrolled with.
        url: Option<String>,
    },
    /// Exchanges everything with another device of the site directly, where there is no server in reach.
    #[command(group = clap::ArgGroup::new("way").required(true))]
    Meet {
        /// Where the other one is: what its screen or its `meet --listen` shows.
        #[arg(group = "way")]
        address: Option<String>,
        /// Answers whoever dials this address and port, until interrupted.
        #[arg(long, group = "way", value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "0.0.0.0:7610")]
        listen: Option<std::net::SocketAddr>,
    },
    /// What others said they hold and is not here, and who could bring it. Exit code 4 when something is missing.
    Gaps,
    /// The log in a file, to be carried where there is no network.
    #[command(subcommand)]
    Bundle(BundleVerb),
    /// How far every writer of every volume is known, and one digest over all of it.
    Frontier,
    /// Recomputes chains, signatures, documents and lists from the raw log, and says what differs.
    Check,
    /// Recomputes a sealed month of the ledger from the raw log, without a network, and names the first line that is no
    /// longer what was sealed.
    Verify {
        /// The month, such as 2026-11.
        month: Month,
    },
    /// Writes a consistent copy of the book to a file.
    Backup {
        /// The new file.
        to: PathBuf,
    },
}

#[derive(Subcommand)]
enum SiteVerb {
    /// Reads a site file, or a workbook (.xlsx) of people, units, checklists and rosters, and writes what differs.
    Import {
        /// The site file (TOML), or a workbook.
        file: PathBuf,
        /// Only says what would change.
        #[arg(long, alias = "preview")]
        dry_run: bool,
    },
    /// Reads a site file and says what is wrong with it, each with its place.
    Check {
        /// The site file (TOML).
        file: PathBuf,
    },
}

#[derive(Subcommand)]
enum BundleVerb {
    /// Writes everything that this device holds.
    Write {
        /// The file, such as /media/stick/夜班平板.dutybundle.
        to: PathBuf,
        /// Only what the server has not acknowledged.
        #[arg(long)]
        undelivered: bool,
    },
    /// Takes in what a bundle holds. Reading it twice does no harm.
    Read {
        /// The file.
        from: PathBuf,
    },
}

#[derive(Subcommand)]
enum DeviceVerb {
    /// Takes this device into a site with a one-time token of its server, and fetches the book.
    New {
        /// Address of the server, such as http://192.168.1.10:7420.
        #[arg(long)]
        server: String,
        /// The token.
        #[arg(long)]
        token: String,
        /// What people call this device, such as 夜班平板.
        #[arg(long)]
        name: String,
    },
    /// Says who this device is and who is signed in.
    Show,
    /// Whether this device answers others near by and looks for them while the server is out of reach.
    Near {
        /// `on` or `off`; without it, only says which.
        #[arg(value_parser = clap::builder::BoolishValueParser::new())]
        on: Option<bool>,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let output = Output { json: cli.json, english: cli.english };
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(verbs::run(cli, &output)));
    match outcome {
        Ok(code) => code,
        Err(error) => output.failed(&error),
    }
}

/// What `act` is told to act on.
enum Acted {
    New(String),
    Existing(RecordId),
    Known { kind: String, record: RecordId },
}

impl std::str::FromStr for Acted {
    type Err = anyhow::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || anyhow::anyhow!("“{text}” is neither a record's id nor new:KIND nor KIND:ID");
        match text.split_once(':') {
            Some(("new", kind)) => Ok(Self::New(kind.into())),
            Some((kind, id)) => Ok(Self::Known { kind: kind.into(), record: id.parse().map_err(|_| wrong())? }),
            None => Ok(Self::Existing(text.parse().map_err(|_| wrong())?)),
        }
    }
}
