//! Where the managers are (管理人员去向, D3.6): declared by themselves, or told to the duty officer by telephone, so that the
//! desk knows whom to send for. One record for each manager and day: together they are 《管理人员去向表》.
//!
//! Invariants
//! - Declared, never tracked: nothing but what somebody said stands here.
//! - Every manager has a sheet on every day on every replica, with nobody to make it (planned).
//! - What was said last counts; a declaration grows stale, it never ends by itself.

pub(crate) mod form;

use serde::{Deserialize, Serialize};

use crate::engine::{Acting, Anomaly, Card, Class, Deadline, Kind, LineText, Offer, Refusal, Step, Tone, Weight};
use crate::ids::{FactId, Home, RecordId};
use crate::record::Story;
use crate::role::{PersonRef, Role, Signer};
use crate::site::{Settings, Site};
use crate::time::{Day, Timestamp};
use crate::words;
use crate::words::Words;
use crate::work_order::{Stamp, listed};

/// The kind.
pub struct Whereabouts;

/// 状态.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ManagerState {
    /// 在岗.
    OnSite,
    /// 外出.
    Out,
    /// 会议.
    Meeting,
    /// 休假.
    Leave,
}

impl ManagerState {
    /// The word in both languages.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::OnSite => words!("在岗", "on site"),
            Self::Out => words!("外出", "out"),
            Self::Meeting => words!("会议", "in a meeting"),
            Self::Leave => words!("休假", "on leave"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::OnSite => "on_site",
            Self::Out => "out",
            Self::Meeting => "meeting",
            Self::Leave => "leave",
        }
    }
}

/// What somebody said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Declaration {
    /// 状态.
    pub presence: ManagerState,
    /// 地点.
    #[serde(default)]
    pub place: String,
    /// 事由.
    #[serde(default)]
    pub reason: String,
    /// 预计返回.
    #[serde(default)]
    pub back_at: Option<Timestamp>,
}

/// Facts of a day's sheet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum WhereaboutsFact {
    /// Whose sheet of which day it is, and what was said.
    Declared {
        /// The manager.
        manager: PersonRef,
        /// Their role.
        title: Role,
        /// The day.
        day: Day,
        /// When the day begins at the site: a leave is written into the sheets of later days, which belong to them.
        begins: Timestamp,
        /// What was said.
        #[serde(flatten)]
        said: Declaration,
    },
}

/// What people can do with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum WhereaboutsAction {
    /// Says where a manager is.
    Declare(Declaration),
}

/// One line of the sheet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Declared {
    /// Who said it, and when.
    pub stamp: Stamp,
    /// What was said.
    pub said: Declaration,
    /// Whether the duty officer wrote down what was told.
    pub told: bool,
}

/// A manager's day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct WhereaboutsView {
    /// The manager.
    pub manager: Option<PersonRef>,
    /// Their role's title.
    pub title: Words,
    /// The day.
    pub day: Option<Day>,
    /// What was said, in order; the last counts.
    pub declared: Vec<Declared>,
    /// When the day began at the site.
    pub born: Timestamp,
}

/// Whether somebody's whereabouts are of interest to the desk (部门经理以上).
#[must_use]
pub fn is_manager(role: Role) -> bool {
    role.supervises() || role == Role::DeptHead
}

/// The sheet of a manager's day.
#[must_use]
pub fn sheet_of(day: Day, manager: RecordId) -> RecordId {
    let home = Home { class: Whereabouts::CLASS, day, kind: Whereabouts::NAME };
    RecordId::derived(&home, &[&day.to_string(), &manager.to_string()])
}

fn may_declare(view: &WhereaboutsView, who: &Signer) -> bool {
    who.role.runs_the_desk() || view.manager.as_ref().is_some_and(|manager| manager.person == who.person)
}

/// Days a leave is entered for at once, at most: a month.
const MOST_DAYS: usize = 31;

impl Kind for Whereabouts {
    const NAME: &'static str = "whereabouts";
    const CLASS: Class = Class::Duty;
    type Fact = WhereaboutsFact;
    type Action = WhereaboutsAction;
    type View = WhereaboutsView;

    fn view(story: &Story<'_, Self::Fact>) -> (Self::View, Vec<Anomaly>) {
        let mut view = WhereaboutsView {
            manager: None,
            title: Words::default(),
            day: None,
            declared: Vec::new(),
            born: Timestamp::default(),
        };
        let mut anomalies = Vec::new();
        for (raw, WhereaboutsFact::Declared { manager, title, day, begins, said }) in story.in_force() {
            let own = manager.person == raw.by.person;
            let same = view.manager.as_ref().is_none_or(|known| known.person == manager.person);
            if !same || !(own || raw.by.role.runs_the_desk()) {
                let name = &raw.by.name;
                anomalies.push(Anomaly::of(
                    raw,
                    "no_role",
                    words!(
                        "{name}不能替别人申报去向,此项未生效,请核实。",
                        "{name} cannot say where somebody else is; it is not in force, please check."
                    ),
                ));
                continue;
            }
            view.manager.get_or_insert_with(|| manager.clone());
            view.title = title.words();
            view.day.get_or_insert(*day);
            view.born = *begins;
            view.declared.push(Declared { stamp: raw.into(), said: said.clone(), told: !own });
        }
        let said: Vec<FactId> = view.declared.iter().map(|declared| declared.stamp.fact).collect();
        let latest = story.doc.latest_of(&said);
        let differ = || {
            let mut says = view.declared.iter().filter(|one| latest.contains(&one.stamp.fact)).map(|one| &one.said);
            let first = says.next();
            says.any(|said| Some(said) != first)
        };
        if latest.len() > 1 && differ() {
            anomalies.push(Anomaly {
                fact: latest.last().copied(),
                code: "two_at_once".into(),
                words: words!(
                    "两处同时申报了不同的去向,请再申报一次。",
                    "Two different whereabouts were declared at once; please declare once more."
                ),
            });
        }
        (view, anomalies)
    }

    fn card(view: &Self::View) -> Card {
        let last = view.declared.last();
        let place = last.map(|one| one.said.place.clone()).filter(|place| !place.is_empty());
        Card {
            number: None,
            title: view.manager.as_ref().map(|manager| manager.name.clone()).unwrap_or_default(),
            place,
            state: last.map_or("undeclared", |one| one.said.presence.name()).into(),
            state_words: last.map_or_else(|| words!("未申报", "not declared"), |one| one.said.presence.words()),
            tone: match last.map(|one| one.said.presence) {
                None | Some(ManagerState::Leave) => Tone::Off,
                Some(ManagerState::OnSite) => Tone::Done,
                Some(ManagerState::Meeting) => Tone::Active,
                Some(ManagerState::Out) => Tone::Waiting,
            },
            open: false,
            urgency: None,
            responsible: view.manager.iter().cloned().collect(),
            next: None,
            born: view.born,
        }
    }

    fn offers(view: Option<&Self::View>, who: &Signer, _: &Site) -> Vec<Offer> {
        let offer = Offer::new("declare", Weight::Primary, words!("申报去向", "say where"));
        view.filter(|view| may_declare(view, who)).map(|_| offer).into_iter().collect()
    }

    fn act(view: Option<&Self::View>, action: Self::Action, cx: &mut Acting<'_>) -> Result<Vec<Step>, Refusal> {
        let WhereaboutsAction::Declare(mut said) = action;
        let planned = if view.is_none() { cx.planned::<Self>() } else { None };
        let Some(view) = view.or(planned.as_ref()) else {
            return Err(Refusal::new("no_such_record", words!("没有这张去向表。", "There is no such sheet.")));
        };
        let (Some(manager), Some(day)) = (view.manager.clone(), view.day) else {
            return Err(Refusal::new("no_such_record", words!("没有这张去向表。", "There is no such sheet.")));
        };
        if !may_declare(view, &cx.who) {
            return Err(Refusal::new(
                "no_role",
                words!(
                    "只有本人或值班员可以申报去向。",
                    "Only they themselves or the duty officer say where they are."
                ),
            ));
        }
        said.place = said.place.trim().into();
        said.reason = said.reason.trim().into();
        if matches!(said.presence, ManagerState::Out | ManagerState::Meeting) && said.place.is_empty() {
            return Err(Refusal::missing(&words!("地点", "a place")));
        }
        if said.presence == ManagerState::Leave && said.back_at.is_none() {
            return Err(Refusal::missing(&words!("预计返回", "when they will be back")));
        }
        if said.back_at.is_some_and(|back| back <= cx.now) {
            return Err(Refusal::new(
                "in_the_past",
                words!("预计返回时间已过,请改。", "The time of return has passed; please change it."),
            ));
        }
        let title = cx.site.people.get(&manager.person).and_then(|person| person.roles.first().copied());
        let title = title.unwrap_or(cx.who.role);
        // Who is on leave until Friday is so on Thursday's sheet too.
        let last = match (said.presence, said.back_at) {
            (ManagerState::Leave, Some(back)) => back.day(cx.site.settings.zone),
            _ => day,
        };
        let days = std::iter::successors(Some(day), |day| Some(day.after())).take(MOST_DAYS);
        let mut steps = Vec::new();
        for on in days.take_while(|on| *on == day || *on < last) {
            let record = sheet_of(on, manager.person);
            let begins = on.at(0, cx.site.settings.zone);
            let fact =
                WhereaboutsFact::Declared { manager: manager.clone(), title, day: on, begins, said: said.clone() };
            let mut step = cx.step_on::<Self>(record, &[fact])?;
            if cx.book.view(record).is_none() {
                step = step.born_with(cx.birth::<Self>(None));
            }
            steps.push(step);
        }
        Ok(steps)
    }

    fn deadlines(view: &Self::View, settings: &Settings) -> Vec<Deadline> {
        let Some(last) = view.declared.last() else { return Vec::new() };
        let since = last.stamp.at;
        let stale = since.plus_minutes(i64::from(settings.timers.whereabouts_stale_min));
        // Where a return was promised the words hold until then; so does a leave.
        let due = last.said.back_at.map_or(stale, |back| back.max(stale));
        vec![Deadline { code: "stale".into(), words: words!("再申报", "say again"), since, due, rings: false }]
    }

    fn line(fact: &Self::Fact) -> Option<LineText> {
        let WhereaboutsFact::Declared { manager, said, .. } = fact;
        Some(LineText {
            subject: words!("管理人员去向 ", "whereabouts: ").then(Words::same(manager.name.clone())),
            detail: listed([said.presence.words(), Words::same(said.place.clone()), Words::same(said.reason.clone())]),
        })
    }

    fn planned(site: &Site, day: Day) -> Vec<(RecordId, Self::View)> {
        let managers = site.people.iter().filter_map(|(id, person)| {
            let role = *person.roles.iter().find(|role| is_manager(**role))?;
            Some((*id, person, role))
        });
        managers
            .map(|(id, person, role)| {
                let view = WhereaboutsView {
                    manager: Some(PersonRef { person: id, name: person.name.clone() }),
                    title: role.words(),
                    day: Some(day),
                    declared: Vec::new(),
                    born: day.at(0, site.settings.zone),
                };
                (sheet_of(day, id), view)
            })
            .collect()
    }
}
