//! `dutybook print`: a form as PDF or as an Excel workbook.

use std::path::PathBuf;

use anyhow::{Context, bail};
use dutybook_client::{Client, FormAsked};
use dutybook_domain::Day;
use dutybook_domain::form::{self, Of, Span};
use dutybook_domain::roster::{Assigned, CalendarMonth};
use dutybook_print::{Language, Printed};
use serde_json::json;

use crate::output::Output;
use crate::verbs::find;

/// What was asked for.
pub(crate) struct Wanted {
    pub(crate) form: Option<String>,
    pub(crate) record: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) day: Option<Day>,
    pub(crate) to: Option<Day>,
    pub(crate) month: Option<String>,
    pub(crate) person: Option<String>,
    pub(crate) out: Option<PathBuf>,
}

pub(crate) fn run(client: &Client, wanted: Wanted, output: &Output) -> anyhow::Result<()> {
    let Some(name) = wanted.form.clone() else {
        let all: Vec<_> = form::ALL.iter().map(|sheet| (sheet.name, (sheet.heading)(), of(sheet.of))).collect();
        return output.print(&all, |all| {
            all.iter().map(|(name, heading, of)| format!("{name:<20} {:<7} {}\n", of, output.say(heading))).collect()
        });
    };
    let month = match &wanted.month {
        Some(text) => Some(Span::month(text).with_context(|| format!("“{text}” is no month; write 2026-11"))?),
        None => None,
    };
    if name == "roster" && wanted.out.as_ref().is_some_and(|out| out.extension().is_some_and(|ending| ending == "ics"))
    {
        return calendar(client, &wanted, output);
    }
    let asked = FormAsked {
        form: name,
        record: wanted.record.map(|text| find(client, &text)).transpose()?,
        kind: wanted.kind,
        from: month.map(|month| month.from).or(wanted.day),
        to: month.map(|month| month.to).or(wanted.to),
    };
    let out =
        wanted.out.context("say where to write it: --out FILE.pdf or --out FILE.xlsx (a roster also as FILE.ics)")?;
    let form = client.form(&asked)?;
    let printed = Printed {
        at: client.now(),
        by: client.signed_in().map(|who| who.name).unwrap_or_default(),
        device: client.identity().prefix.clone(),
    };
    let language = if output.english { Language::English } else { Language::Chinese };
    let bytes = match out.extension().and_then(|ending| ending.to_str()) {
        Some("pdf") => dutybook_print::pdf(&form, &printed, language)?,
        Some("xlsx") => dutybook_print::xlsx(&form, &printed, language)?,
        _ => bail!("{}: give a file that ends in .pdf or .xlsx", out.display()),
    };
    std::fs::write(&out, bytes).with_context(|| format!("cannot write {}", out.display()))?;
    output.print(&json!({ "written": out, "version": form.version }), |_| format!("{}\n", out.display()))
}

fn calendar(client: &Client, wanted: &Wanted, output: &Output) -> anyhow::Result<()> {
    let month = wanted.month.as_deref().context("say which month: --month 2026-11")?;
    let month: CalendarMonth = month.parse().map_err(anyhow::Error::msg)?;
    let (version, all) = client.shifts_of(month, None);
    let wants = |shift: &Assigned| wanted.person.as_ref().is_none_or(|name| shift.person.name == *name);
    let shifts: Vec<Assigned> = all.into_iter().filter(wants).collect();
    if shifts.is_empty() {
        match &wanted.person {
            Some(name) => bail!("{name} has no shift in {month}; write the name as the roster has it"),
            None => bail!("nothing is rostered in {month}"),
        }
    }
    let site = client.site();
    let centre = &(*site).as_ref().settings.centre_name;
    let language = if output.english { Language::English } else { Language::Chinese };
    let text = dutybook_print::calendar(&shifts, centre, version, client.now(), language);
    let out = wanted.out.clone().unwrap_or_default();
    std::fs::write(&out, text).with_context(|| format!("cannot write {}", out.display()))?;
    output.print(&json!({ "written": out, "version": version, "shifts": shifts.len() }), |_| {
        format!("{}\n", out.display())
    })
}

/// What a form wants to be told.
fn of(of: Of) -> &'static str {
    match of {
        Of::Record(_) | Of::AnyRecord => "--record",
        Of::Records(_) | Of::Ledger => "--day",
        Of::AnyRecords => "--kind",
        Of::Site => "--month",
    }
}
