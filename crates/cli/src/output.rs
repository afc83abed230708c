//! Text for people, one line of JSON for programs.

use std::io::Write;
use std::process::ExitCode;

use dutybook_client::Error;
use dutybook_domain::Words;
use serde::Serialize;
use serde_json::json;

/// How answers are printed.
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) english: bool,
}

impl Output {
    /// A sentence in the language asked for.
    pub(crate) fn say<'a>(&self, words: &'a Words) -> &'a str {
        if self.english { &words.en } else { &words.zh }
    }

    /// Prints `value` for programs, or what `text` makes of it for people.
    pub(crate) fn print<T: Serialize>(&self, value: &T, text: impl FnOnce(&T) -> String) -> anyhow::Result<()> {
        let text = if self.json { serde_json::to_string(value)? } else { text(value) };
        match writeln!(std::io::stdout(), "{}", text.trim_end()) {
            // Whoever reads has enough (`| head`); what was done is done.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }

    /// Says what went wrong and gives the exit code for it.
    pub(crate) fn failed(&self, error: &anyhow::Error) -> ExitCode {
        let known = error.downcast_ref::<Error>();
        let (code, words) = match known {
            Some(error) => (error.code().to_owned(), error.words()),
            None => ("failed".to_owned(), Words::same(format!("{error:#}"))),
        };
        if self.json {
            println!("{}", json!({ "error": code, "message": words }));
        } else {
            eprintln!("{}", self.say(&words));
        }
        ExitCode::from(match known {
            Some(Error::Refused(_) | Error::WrongPin | Error::NotSignedIn) => 3,
            Some(Error::Offline(_) | Error::SentAway { .. }) => 5,
            _ => 1,
        })
    }
}
