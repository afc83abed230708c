//! One device's book, opened: who is signed in, the one write path, and the site as it stands.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use dutybook_domain::device::AppRole;
use dutybook_domain::engine::{Acting, Names, Refusal, Step};
use dutybook_domain::ids::Home;
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::site::units::UnitIndex;
use dutybook_domain::site::{Site, pin, teams_for};
use dutybook_domain::{Day, FactId, RecordId, Timestamp, kinds, words};
use dutybook_files::Files;
use dutybook_log::{AuthorId, DeviceKey, Recorded};
use dutybook_store::{Changed, Identity, OpenOptions, Stamp, Store, Writing};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{broadcast, watch};
use uuid::Uuid;

use crate::clock::{Clock, fill, new_fact_id, random};
use crate::error::Error;
use crate::near::Near;
use crate::shown::{BookChanged, Done, PersonTile, SignedIn, Touched};
use crate::sync::Link;

/// One device's book. Cheap to clone; all clones are the same book.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Arc<Store>,
    pub(crate) identity: Identity,
    pub(crate) files: Files,
    /// One file is fetched at a time: two of the same would mix.
    pub(crate) fetching: tokio::sync::Mutex<()>,
    pub(crate) web: reqwest::Client,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) site: RwLock<Arc<SiteNow>>,
    session: RwLock<Option<Session>>,
    pub(crate) link: watch::Sender<Link>,
    pub(crate) near: watch::Sender<Near>,
    changes: broadcast::Sender<BookChanged>,
    pub(crate) seen: Mutex<HashSet<String>>,
}

/// The site as it stands, with what is looked up in it.
pub(crate) struct SiteNow {
    pub(crate) site: Site,
    pub(crate) units: UnitIndex,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Session {
    person: RecordId,
    name: String,
    role: Role,
    since: Timestamp,
}

/// What an action is done to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub struct Target {
    /// The kind.
    pub kind: String,
    /// The record; none for a new one with a random id.
    pub record: Option<RecordId>,
}

/// New names as this device gives them.
struct OwnNames<'a, 'b> {
    writing: &'a Writing<'b>,
    store: &'a Store,
    device: DeviceKey,
    prefix: &'a str,
    now: Timestamp,
}

impl Names for OwnNames<'_, '_> {
    fn fact(&mut self) -> FactId {
        new_fact_id(&self.device, self.now)
    }

    fn random(&mut self) -> [u8; 16] {
        random()
    }

    fn number(&mut self, day: Day) -> String {
        // The year keeps next year's 06-11 from going on where this year's ended.
        let next = self.writing.next_number(&format!("{}-{day}", self.prefix));
        format!("{}-{}-{next:03}", self.prefix, day.mmdd())
    }

    fn secret(&self, label: &str) -> [u8; 32] {
        self.store.secret_for(label)
    }
}

/// What is random per start.
pub(crate) fn start_options() -> OpenOptions {
    OpenOptions { actor: random(), random: Box::new(fill) }
}

/// Setting that keeps who is signed in, so that a tablet that was switched off in mid-patrol goes on where it was.
const SESSION: &str = "session";

impl Client {
    /// Opens the book in `dir`.
    ///
    /// # Errors
    /// [`Error::NotEnrolled`] where there is none yet; [`Error::Store`] when it cannot be read, is damaged, or was
    /// written by a newer version.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        if !Store::exists(dir)? {
            return Err(Error::NotEnrolled);
        }
        Self::on(Store::open(dir, start_options())?, clock)
    }

    pub(crate) fn on(store: Store, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let identity = store.identity()?.ok_or(Error::NotEnrolled)?;
        let files = Files::beside(store.folder());
        let store = Arc::new(store);
        let session = store.setting(SESSION)?.and_then(|text| serde_json::from_str(&text).ok());
        let client = Self {
            inner: Arc::new(Inner {
                store,
                identity,
                files,
                fetching: tokio::sync::Mutex::default(),
                web: reqwest::Client::new(),
                clock,
                site: RwLock::new(Arc::new(SiteNow { site: Site::default(), units: UnitIndex::new(&Site::default()) })),
                session: RwLock::new(session),
                link: watch::Sender::new(Link::default()),
                near: watch::Sender::new(Near::default()),
                changes: broadcast::Sender::new(64),
                seen: Mutex::default(),
            }),
        };
        client.settle()?;
        client.refresh_site()?;
        Ok(client)
    }

    /// The book's database, for the command line's checks.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.inner.store
    }

    /// Now, by this device's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.wall()
    }

    /// The site as it stands.
    #[must_use]
    pub fn site(&self) -> Arc<impl AsRef<Site> + use<>> {
        self.site_now()
    }

    pub(crate) fn site_now(&self) -> Arc<SiteNow> {
        self.inner.site.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells what changed in the book, whoever wrote it. An empty change, or a receiver that fell behind, means that
    /// anything may have changed.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<BookChanged> {
        self.inner.changes.subscribe()
    }

    /// The device as it was enrolled.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// What the device was enrolled as.
    #[must_use]
    pub fn role(&self) -> AppRole {
        self.inner.identity.role
    }

    /// Today at the site.
    #[must_use]
    pub fn today(&self) -> Day {
        self.now().day(self.site_now().site.settings.zone)
    }

    /// Who may sign in on this device, with today's shift.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn people(&self) -> Result<Vec<PersonTile>, Error> {
        self.people_for("")
    }

    /// The same people, and which of them are of the team that usually does such work. `report` is what was reported,
    /// in any words.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn people_for(&self, report: &str) -> Result<Vec<PersonTile>, Error> {
        let now = self.site_now();
        let team = teams_for(&now.site.settings.work_categories, report).first().copied();
        let open = self.open_orders_by_person()?;
        let mut tiles: Vec<PersonTile> = now
            .site
            .people
            .iter()
            .filter_map(|(id, person)| {
                let role = *person.roles.first()?;
                Some(PersonTile {
                    person: *id,
                    name: person.name.clone(),
                    role,
                    role_words: role.words(),
                    team: person.team.clone(),
                    phone: person.phone.clone(),
                    shift: self.shift_of(&now.site, *id),
                    open_orders: open.get(id).copied().unwrap_or_default(),
                    suits: team.is_some_and(|team| team == person.team),
                })
            })
            .collect();
        tiles.sort_by(|a, b| (a.shift.is_none(), a.role, &a.name).cmp(&(b.shift.is_none(), b.role, &b.name)));
        Ok(tiles)
    }

    /// Signs a person in with their PIN, offline.
    ///
    /// # Errors
    /// [`Error::WrongPin`], also for somebody who is not of this site.
    pub fn sign_in(&self, person: RecordId, typed: &str) -> Result<SignedIn, Error> {
        let Signer { person, name, role } = self.confirmed(person, typed)?;
        self.enter(Session { person, name, role, since: self.now() })
    }

    /// Who types this PIN, in their usual role.
    fn confirmed(&self, person: RecordId, typed: &str) -> Result<Signer, Error> {
        let now = self.site_now();
        let found = now.site.people.get(&person).ok_or(Error::WrongPin)?;
        if !pin::verify(typed, &found.pin_hash) {
            return Err(Error::WrongPin);
        }
        let role = *found.roles.first().ok_or(Error::WrongPin)?;
        Ok(Signer { person, name: found.name.clone(), role })
    }

    /// Signs in the administrator of a device that was enrolled as one, who keeps the site's data before there are
    /// any people.
    ///
    /// # Errors
    /// [`Error::WrongPin`] on any other device.
    pub fn sign_in_as_admin(&self) -> Result<SignedIn, Error> {
        if self.role() != AppRole::Admin {
            return Err(Error::WrongPin);
        }
        let name = Role::Admin.words().zh;
        self.enter(Session { person: RecordId(Uuid::nil()), name, role: Role::Admin, since: self.now() })
    }

    fn enter(&self, session: Session) -> Result<SignedIn, Error> {
        let kept = serde_json::to_string(&session).unwrap_or_default();
        self.inner.store.set_setting(SESSION, Some(&kept))?;
        *self.inner.session.write().unwrap_or_else(PoisonError::into_inner) = Some(session);
        self.signed_in().ok_or(Error::NotSignedIn)
    }

    /// Signs out.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn sign_out(&self) -> Result<(), Error> {
        self.inner.store.set_setting(SESSION, None)?;
        *self.inner.session.write().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }

    /// Who is signed in.
    #[must_use]
    pub fn signed_in(&self) -> Option<SignedIn> {
        let session = self.inner.session.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        Some(SignedIn {
            person: session.person,
            name: session.name,
            role: session.role,
            role_words: session.role.words(),
            since: session.since,
        })
    }

    pub(crate) fn signer(&self) -> Option<Signer> {
        let session = self.inner.session.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        Some(Signer { person: session.person, name: session.name, role: session.role })
    }

    /// Does one thing: the only way anything is ever written. What it writes into however many records is durable,
    /// all of it or nothing, when this returns.
    ///
    /// # Errors
    /// [`Error::Refused`] in words that say what to do; [`Error::NotSignedIn`].
    pub fn act(&self, target: &Target, action: Value) -> Result<Done, Error> {
        self.act_by(self.signer().ok_or(Error::NotSignedIn)?, target, action)
    }

    /// Does one thing as another person who stands at this device and confirms it with their own PIN: the second
    /// signature of a handover, an acceptance by whoever covers. Who is signed in stays signed in.
    ///
    /// # Errors
    /// As [`Client::act`]; [`Error::WrongPin`], also for somebody who is not of this site.
    pub fn act_as(&self, person: RecordId, typed: &str, target: &Target, action: Value) -> Result<Done, Error> {
        self.signer().ok_or(Error::NotSignedIn)?;
        self.act_by(self.confirmed(person, typed)?, target, action)
    }

    fn act_by(&self, who: Signer, target: &Target, action: Value) -> Result<Done, Error> {
        let record = self.record_of(target)?;
        let records = self.act_all_by(who, [(Target { record: Some(record), ..target.clone() }, action)])?;
        // What is new may be a record that was owed, under the id it was owed by.
        let written = |it: &&Touched| it.id == record || (target.record.is_none() && it.kind == target.kind);
        let record = records.iter().find(written).map_or(record, |it| it.id);
        Ok(Done { record, records })
    }

    /// The record that is meant, or the id of a new one born today.
    pub(crate) fn record_of(&self, target: &Target) -> Result<RecordId, Error> {
        let kind = kinds::find(&target.kind).ok_or_else(|| Error::Missing(target.kind.clone()))?;
        let home = Home { class: kind.class(), day: self.today(), kind: kind.name() };
        Ok(target.record.unwrap_or_else(|| RecordId::fresh(&home, random())))
    }

    /// Does several things as one: all of them are written, or none.
    ///
    /// # Errors
    /// As [`Client::act`], of the first that is not possible.
    pub fn act_all(&self, actions: impl IntoIterator<Item = (Target, Value)>) -> Result<Vec<Touched>, Error> {
        self.act_all_by(self.signer().ok_or(Error::NotSignedIn)?, actions)
    }

    /// The same in somebody's name: who is signed in, or the device itself.
    pub(crate) fn act_all_by(
        &self,
        who: Signer,
        actions: impl IntoIterator<Item = (Target, Value)>,
    ) -> Result<Vec<Touched>, Error> {
        let now = self.now();
        let site = self.site_now();
        let prefix = &self.identity().prefix;
        let stamp = Stamp {
            author: AuthorId(who.person.0.into_bytes()),
            recorded: Recorded {
                wall_ms: now.0,
                boot: self.inner.clock.boot(),
                monotonic_ms: self.inner.clock.monotonic_ms(),
            },
        };
        let changed = self.inner.store.transact(stamp, |writing| -> Result<Vec<Step>, Error> {
            let mut steps = Vec::new();
            for (target, action) in actions {
                let kind = kinds::find(&target.kind).ok_or_else(|| Error::Missing(target.kind.clone()))?;
                let record = self.record_of(&target)?;
                let mut names =
                    OwnNames { writing, store: &self.inner.store, device: self.inner.store.device_key(), prefix, now };
                let mut cx =
                    Acting { who: who.clone(), now, site: &site.site, record, names: &mut names, book: writing };
                steps.extend(kind.act(writing.doc(record).as_ref(), action, &mut cx)?);
            }
            steps.retain(|step| !step.writes.is_empty());
            if steps.is_empty() {
                return Err(Refusal::new("nothing", words!("没有可以保存的内容。", "There is nothing to save.")).into());
            }
            Ok(steps)
        })??;
        self.written(&changed)?;
        let touched = |(id, kind): (RecordId, String)| -> Result<Touched, Error> {
            let number = self.inner.store.record(id)?.and_then(|row| row.card.number);
            Ok(Touched { id, kind, number })
        };
        changed.records.into_iter().map(touched).collect()
    }

    /// Something was written into the book, by whatever path: whoever listens is told, and connections send it.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn written(&self, changed: &Changed) -> Result<(), Error> {
        self.tell(changed)?;
        self.inner.link.send_modify(|link| link.committed = link.committed.max(changed.arrival));
        Ok(())
    }

    /// Takes in what changed: the site's data when it is about the site, and everybody who listens.
    pub(crate) fn tell(&self, changed: &Changed) -> Result<(), Error> {
        if changed.records.is_empty() {
            return Ok(());
        }
        let standing = changed
            .records
            .iter()
            .any(|(_, kind)| kinds::find(kind).is_some_and(|k| k.class() == dutybook_domain::engine::Class::Standing));
        if standing {
            self.refresh_site()?;
        }
        let mut kinds: Vec<String> = changed.records.iter().map(|(_, kind)| kind.clone()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let records = changed.records.iter().map(|(id, _)| *id).collect();
        self.announce(BookChanged { kinds, records });
        Ok(())
    }

    /// Tells whoever listens. Nobody is fine: a command line has no screens.
    pub(crate) fn announce(&self, changed: BookChanged) {
        let _ = self.inner.changes.send(changed);
    }

    /// Brings documents and tables up to what the log holds, as after a crash between the two.
    ///
    /// `true` when the log itself grew: entries of a device that has become known were let in.
    pub(crate) fn settle(&self) -> Result<bool, Error> {
        let mut grew = false;
        loop {
            let (changed, more) = self.inner.store.materialise(500)?;
            grew |= changed.entries > 0;
            self.tell(&changed)?;
            if !more {
                return Ok(grew);
            }
        }
    }

    fn refresh_site(&self) -> Result<(), Error> {
        let mut site = Site::default();
        for (id, kind, view) in self.inner.store.standing_items()? {
            site.take(id, &kind, &view);
        }
        let units = UnitIndex::new(&site);
        *self.inner.site.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(SiteNow { site, units });
        Ok(())
    }
}

impl AsRef<Site> for SiteNow {
    fn as_ref(&self) -> &Site {
        &self.site
    }
}
