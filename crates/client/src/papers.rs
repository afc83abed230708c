//! The papers: the daily report as it stands, the work log's draft and package, a month's numbers and their proof.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use dutybook_domain::daily_report::{self, DailyReportView, DayNumbers, differences};
use dutybook_domain::engine::Class;
use dutybook_domain::kinds::AnyView;
use dutybook_domain::known::{Known, KnownLine};
use dutybook_domain::month_seal::{self, LineNumber, Month, MonthSealView, NumberedLine, Sealing, numbered, root_of};
use dutybook_domain::roster;
use dutybook_domain::site::Site;
use dutybook_domain::work_log::{self, Drafting, draft_of, package_of};
use dutybook_domain::{Day, FactId, RecordId, Timestamp, Words, words};
use dutybook_store::{Damaged, LedgerFilter};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::asked::LedgerAsked;
use crate::client::{Client, Target};
use crate::error::Error;
use crate::files::whole_file;
use crate::reading::Reading;
use crate::shown::{DayLog, DayReport, ExportedPackage, LedgerShown, MonthVerified, RecordShown};

impl Client {
    /// A day's report: its record, the numbers as they are now, and what differs from the version that was signed.
    ///
    /// # Errors
    /// [`Error::Missing`] for a day of which no report is owed.
    pub fn day_report(&self, day: Day) -> Result<DayReport, Error> {
        let (record, view) = self.report_of(day)?;
        let now = self.numbers(day)?;
        let (changes, late) = match view.latest() {
            Some(version) => {
                let signed = &version.signed;
                (differences(&signed.numbers, &now), self.late_lines(day, &signed.known, version.stamp.fact)?)
            }
            None => (Vec::new(), Vec::new()),
        };
        Ok(DayReport { record, view, now, changes, late })
    }

    fn report_of(&self, day: Day) -> Result<(RecordShown, DailyReportView), Error> {
        let opened = self.record_on(daily_report::record_of(day), "daily_report", day)?;
        match opened {
            (shown, Some(AnyView::DailyReport(view))) => Ok((shown, *view)),
            (shown, _) => Err(Error::Missing(shown.id.to_string())),
        }
    }

    /// A planned record of whatever day; the days around today open by themselves.
    fn record_on(&self, id: RecordId, kind: &str, day: Day) -> Result<(RecordShown, Option<AnyView>), Error> {
        if let Ok(opened) = self.record(id) {
            return Ok((opened.shown, opened.view));
        }
        let shown = self.on_day(kind, day)?.into_iter().find(|shown| shown.id == id);
        let shown = shown.ok_or_else(|| Error::Missing(format!("{kind} {day}")))?;
        let now = self.site_now();
        let kind = dutybook_domain::kinds::find(kind).ok_or_else(|| Error::Missing(kind.into()))?;
        let planned = kind.planned(&now.site, day).into_iter().find(|planned| planned.record == id);
        let view = planned
            .and_then(|planned| serde_json::from_value(json!({ "kind": kind.name(), "view": planned.view })).ok());
        Ok((shown, view))
    }

    fn numbers(&self, day: Day) -> Result<DayNumbers, Error> {
        let now = self.site_now();
        Reading::ask(self.store(), |book| daily_report::numbers::of_day(book, &now.site, day, self.now()))
    }

    /// The day's lines that were not known when its report was signed (补录), the earliest first.
    fn late_lines(&self, day: Day, known: &Known, signature: FactId) -> Result<Vec<LedgerShown>, Error> {
        let zone = self.site_now().site.settings.zone;
        let (from, to) = (day.at(0, zone), day.after().at(0, zone));
        let late: Vec<FactId> = self
            .store()
            .known_lines(Class::Duty, from, to)?
            .into_iter()
            .filter(|line| line.kind != "daily_report" && line.fact != signature)
            .filter(|line| !known.covers(&line.volume, &line.writer, line.entry.seq))
            .map(|line| line.fact)
            .collect();
        let mut lines = self.ledger(&LedgerAsked { day: Some(day), limit: u32::MAX, ..LedgerAsked::default() })?;
        lines.retain(|one| late.contains(&one.line.fact));
        lines.reverse();
        Ok(lines)
    }

    /// The draft of a day's work log, from what the book says of that day.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn work_log_draft(&self, day: Day) -> Result<String, Error> {
        let (_, report) = self.report_of(day)?;
        let site = self.site_now();
        let lines: Vec<_> = self
            .ledger(&LedgerAsked { day: Some(day), limit: u32::MAX, ..LedgerAsked::default() })?
            .into_iter()
            .filter(|one| !matches!(one.kind.as_str(), "daily_report" | "work_log" | "patrol_run" | "month_seal"))
            .map(|one| (one.number, one.line))
            .collect();
        let on_duty = on_duty(&site.site, day);
        Ok(draft_of(&Drafting {
            numbers: &self.numbers(day)?,
            narrative: &report.narrative,
            lines: &lines,
            on_duty: &on_duty,
            zone: site.site.settings.zone,
        }))
    }

    /// A day's work log.
    ///
    /// # Errors
    /// [`Error::Missing`] for a day of which none is owed.
    pub fn day_log(&self, day: Day) -> Result<DayLog, Error> {
        match self.record_on(work_log::record_of(day), "work_log", day)? {
            (record, Some(AnyView::WorkLog(view))) => Ok(DayLog { record, view: *view }),
            (record, _) => Err(Error::Missing(record.id.to_string())),
        }
    }

    /// Writes the package of a signed work log into a folder, JSON and plain text beside each other, and notes that in
    /// the log. The files are complete and on the disk before the note is written.
    ///
    /// # Errors
    /// [`Error::Missing`] before it was signed, [`Error::Folder`] when the folder cannot be written to.
    pub fn export_work_log(&self, day: Day, folder: &Path) -> Result<ExportedPackage, Error> {
        let DayLog { record: shown, view } = self.day_log(day)?;
        let signed = view.signed.first().ok_or_else(|| Error::Missing(format!("work_log {day}")))?;
        let site = self.site_now();
        let package = package_of(&site.site, day, signed);
        let json = serde_json::to_vec_pretty(&package).unwrap_or_default();
        let sha256 = Sha256::digest(&json).iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        let name = format!("{}-{day}-work-log", self.identity().site);
        let file = folder.join(format!("{name}.json"));
        let plain = format!("{}\n{}\n\n{}\n", package.centre, package.title, package.text);
        whole_file(&file, |file| file.write_all(&json))?;
        whole_file(&folder.join(format!("{name}.txt")), |file| file.write_all(plain.as_bytes()))?;
        let file_name = format!("{name}.json");
        let action = json!({ "do": "note_export", "file": file_name, "sha256": sha256, "masked": package.masked });
        self.act(&Target { kind: "work_log".into(), record: Some(shown.id) }, action)?;
        Ok(ExportedPackage { file: file.display().to_string(), sha256, masked: package.masked })
    }

    /// A month's seal as this device knows it; `None` while nobody has sealed it.
    fn seal_of(&self, month: Month) -> Result<Option<MonthSealView>, Error> {
        let row = self.store().record(month_seal::record_of(month))?;
        Ok(row.and_then(|row| serde_json::from_value(row.view).ok()))
    }

    fn month_lines(&self, month: Month, view: &MonthSealView) -> Result<Vec<NumberedLine>, Error> {
        let (from, to) = month.span(self.site_now().site.settings.zone);
        let lines = self.store().known_lines(Class::Duty, from, to)?;
        let seals: Vec<Sealing<'_>> = view.seals.iter().map(|seal| Sealing { known: &seal.seal.known }).collect();
        Ok(numbered(lines, &seals))
    }

    /// The numbers of the lines of these days, where their month was sealed.
    pub(crate) fn line_numbers(&self, days: &[Day]) -> Result<HashMap<FactId, LineNumber>, Error> {
        let mut months: Vec<Month> = days.iter().map(|day| Month::of(*day)).collect();
        months.sort_unstable();
        months.dedup();
        let mut numbers = HashMap::new();
        for month in months {
            if let Some(view) = self.seal_of(month)? {
                numbers.extend(self.month_lines(month, &view)?.into_iter().map(|one| (one.line.fact, one.number)));
            }
        }
        Ok(numbers)
    }

    /// Recomputes a sealed month from the raw entries, and names the first line that is no longer what was sealed.
    ///
    /// # Errors
    /// [`Error::Missing`] while it is not sealed.
    pub fn verify_month(&self, month: Month) -> Result<MonthVerified, Error> {
        let view = self.seal_of(month)?.filter(|view| !view.seals.is_empty());
        let view = view.ok_or_else(|| Error::Missing(format!("month_seal {month}")))?;
        let lines = self.month_lines(month, &view)?;
        let mut problems: Vec<Words> = Vec::new();
        let mut damaged: Vec<Damaged> = Vec::new();
        for seal in view.seals.iter().chain(&view.beside) {
            for one in self.store().damaged_under(&seal.seal.known)? {
                if !damaged.contains(&one) {
                    damaged.push(one);
                }
            }
        }
        let first = lines.iter().find(|one| touches(&damaged, &one.line)).cloned();
        if let Some(first) = &first {
            problems.push(self.first_difference(first)?);
        }
        for Damaged { volume, writer, seq, missing } in &damaged {
            problems.push(if *missing {
                words!(
                    "{volume} 写入者 {writer} 缺第 {seq} 条记录。",
                    "{volume}, writer {writer}: entry {seq} is missing."
                )
            } else {
                words!(
                    "{volume} 写入者 {writer} 的第 {seq} 条记录与封存时不同。",
                    "{volume}, writer {writer}: entry {seq} is not what was sealed."
                )
            });
        }
        for (at, seal) in view.seals.iter().enumerate() {
            let own = covered_first_by(&lines, &view, at);
            let previous = at.checked_sub(1).map_or("", |before| view.seals[before].seal.root.as_str());
            let root = root_of(month, previous, &seal.seal.known, own.iter().copied());
            let (sealed, found) = (seal.seal.lines, own.len());
            if found != sealed as usize {
                problems.push(words!(
                    "封存时 {sealed} 条,现有 {found} 条。",
                    "{sealed} lines were sealed; {found} are here now."
                ));
            }
            if root != seal.seal.root {
                problems.push(words!("根不一致:重算得 {root}。", "The root differs: computed anew it is {root}."));
            }
        }
        let late = lines.iter().filter(|one| one.number == LineNumber::Unsealed).count();
        Ok(MonthVerified {
            month,
            ok: problems.is_empty(),
            lines: view.seals.iter().map(|seal| seal.seal.lines).sum(),
            late: u32::try_from(late).unwrap_or(u32::MAX),
            root: view.seals[0].seal.root.clone(),
            first: first.map(|one| one.number),
            problems,
        })
    }

    /// What the first changed line said, as far as the lists still tell.
    fn first_difference(&self, first: &NumberedLine) -> Result<Words, Error> {
        let zone = self.site_now().site.settings.zone;
        let (from, to) = (Some(first.line.at), Some(Timestamp(first.line.at.0 + 1)));
        let rows = self.store().ledger(&LedgerFilter { from, to, ..LedgerFilter::default() })?;
        let row = rows.into_iter().find(|row| row.line.fact == first.line.fact);
        let (number, when) = (number_words(first.number), first.line.at.local(zone).format("%Y-%m-%d %H:%M"));
        let (number_zh, number_en) = (number.zh, number.en);
        let said = row.map(|row| row.line.subject.then(Words::same(" ")).then(row.line.detail)).unwrap_or_default();
        let (zh, en) = (said.zh, said.en);
        Ok(words!(
            "第一条不同的是{number_zh}({when} {zh})。",
            "The first line that differs is {number_en} ({when} {en})."
        ))
    }
}

fn covered_first_by<'a>(lines: &'a [NumberedLine], view: &MonthSealView, at: usize) -> Vec<&'a KnownLine> {
    let covers =
        |seal: usize, line: &KnownLine| view.seals[seal].seal.known.covers(&line.volume, &line.writer, line.entry.seq);
    lines
        .iter()
        .map(|one| &one.line)
        .filter(|line| covers(at, line) && !(0..at).any(|earlier| covers(earlier, line)))
        .collect()
}

fn touches(damaged: &[Damaged], line: &KnownLine) -> bool {
    damaged.iter().any(|one| one.volume == line.volume && one.writer == line.writer && one.seq == line.entry.seq)
}

fn number_words(number: LineNumber) -> Words {
    match number {
        LineNumber::Sealed { number } => words!("第 {number} 条", "line {number}"),
        LineNumber::Late { number } => words!("补录第 {number} 条", "late line {number}"),
        LineNumber::Unsealed => words!("未封存的一条", "a line that is not sealed"),
    }
}

/// Who stands on the roster that day: "早班 值班员甲、值班员乙;夜班 …".
fn on_duty(site: &Site, day: Day) -> String {
    let assigned = roster::assigned(site, day);
    let shifts = assigned.chunk_by(|one, next| (one.from, one.shift) == (next.from, next.shift)).map(|together| {
        let people: Vec<&str> = together.iter().map(|it| it.person.name.as_str()).collect();
        format!("{} {}", together[0].shift_name, people.join("、"))
    });
    shifts.collect::<Vec<_>>().join(";")
}
