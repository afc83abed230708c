//! Taking devices in and sending them away: one-time tokens, and what a device gets for one.
//!
//! Invariants
//! - A token is shown once, works once, for ten minutes; only its hash is kept. It is never logged.
//! - A device is known to the site by a record in the standing volume that the server signed, so every replica that has
//!   the record knows the device. Nothing else makes it known.
//! - A device that asks twice with the same token (the answer was lost) gets the same answer.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE32_NOPAD;
use dutybook_domain::device::{self, AppRole, DeviceAction};
use dutybook_domain::engine::{Acting, Kind as _, Names, Refusal, Step};
use dutybook_domain::role::{Role, Signer};
use dutybook_domain::site::Site;
use dutybook_domain::{Day, FactId, RecordId, Timestamp};
use dutybook_log::{AuthorId, DeviceKey, Recorded};
use dutybook_store::{Identity, Stamp, Store, Token, Writing};
use dutybook_sync::{EnrolAnswer, EnrolAsking, EnrolProblem};
use sha2::{Digest as _, Sha256};

use crate::clock::{self, Clock};
use crate::server::Server;
use crate::site::{SiteError, open};

/// How long a token works.
pub const TOKEN_MINUTES: i64 = 10;
/// Letters of a device's name.
const NAME_LETTERS: usize = 60;

/// Makes a token with which one device may enrol. Works beside a running server.
///
/// # Errors
/// [`SiteError`].
pub fn new_token(folder: &Path, role: AppRole, name: &str) -> Result<String, SiteError> {
    let (store, _) = open(folder)?;
    // 100 bits: nobody guesses it, and it can still be read out over the phone.
    let secret: [u8; 15] = clock::random();
    let letters: String = BASE32_NOPAD.encode(&secret).chars().take(20).collect();
    let token = Token { role: role.word().to_owned(), name: name.trim().to_owned() };
    store.put_token(hash_of(&letters), &token, clock::wall_ms() + TOKEN_MINUTES * 60_000)?;
    let groups: Vec<&str> = (0..4).filter_map(|group| letters.get(group * 5..group * 5 + 5)).collect();
    Ok(groups.join("-"))
}

/// Takes a device out of use: what it signs from now on is taken by nobody, and it is sent away. Works beside a running
/// server, which notices within seconds. Answers the device's name.
///
/// # Errors
/// [`SiteError`]; also when no device in use has this prefix.
pub fn revoke(folder: &Path, prefix: &str, reason: &str) -> Result<String, SiteError> {
    let (store, identity) = open(folder)?;
    let device = store
        .devices()?
        .into_iter()
        .find(|device| !device.revoked && device.prefix.eq_ignore_ascii_case(prefix.trim()))
        .ok_or_else(|| SiteError::NoSuchDevice(prefix.trim().to_owned()))?;
    let record = device::record_of(identity.site.as_str(), &device.key.to_string());
    let action = DeviceAction::Revoke { reason: reason.trim().to_owned() };
    match write(&store, &identity, Clock::start().recorded(), record, action) {
        Ok(_) => Ok(device.label),
        Err(EnrolError::Store(error)) => Err(error.into()),
        // The server may always write into a device's record.
        Err(other) => Err(SiteError::Store(dutybook_store::Error::Inconsistent(other.to_string()))),
    }
}

/// What is kept of a token, however it was typed.
fn hash_of(token: &str) -> [u8; 32] {
    let letters: String = token.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut hasher = Sha256::new();
    hasher.update(b"dutybook/token/1");
    hasher.update(letters.to_ascii_uppercase());
    hasher.finalize().into()
}

fn problem(status: StatusCode, code: &'static str, message: &str) -> Response {
    (status, Json(EnrolProblem { code: code.to_owned(), message: message.to_owned() })).into_response()
}

/// Why no device was enrolled.
#[derive(Debug, thiserror::Error)]
enum EnrolError {
    #[error(transparent)]
    Store(#[from] dutybook_store::Error),
    #[error("the token is unknown, used, or older than {TOKEN_MINUTES} minutes")]
    Token,
    #[error("{0}")]
    Refused(Refusal),
}

pub(crate) async fn enrol(
    State(server): State<Arc<Server>>,
    asking: Result<Json<EnrolAsking>, JsonRejection>,
) -> Response {
    let asking = match asking {
        Ok(Json(asking)) => asking,
        Err(rejection) => {
            let message = format!(
                "请求无法读取 The request cannot be read: {}. Expected {{\"token\", \"device_key\", \"name\"}}.",
                rejection.body_text()
            );
            return problem(rejection.status(), "unreadable", &message);
        }
    };
    let Ok(key) = asking.device_key.parse::<DeviceKey>() else {
        let message = "设备密钥无效 device_key is no Ed25519 public key in lower-case hex.";
        return problem(StatusCode::BAD_REQUEST, "bad_key", message);
    };
    let worker = Arc::clone(&server);
    let enrolled = tokio::task::spawn_blocking(move || take_in(&worker, &asking, key)).await;
    match enrolled {
        Ok(Ok(answer)) => Json(answer).into_response(),
        Ok(Err(EnrolError::Token)) => {
            tracing::warn!("a device asked with a token that does not work");
            let message = "令牌无效、已使用或已过期,请在服务器上重新生成。\
                           The token is unknown, used or expired; make a new one on the server.";
            problem(StatusCode::FORBIDDEN, "bad_token", message)
        }
        Ok(Err(error)) => failed(&error),
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "a device could not be enrolled");
    let message = format!("服务器暂时无法登记设备 The server cannot enrol devices at the moment: {error}");
    problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", &message)
}

fn take_in(server: &Server, asking: &EnrolAsking, key: DeviceKey) -> Result<EnrolAnswer, EnrolError> {
    // One at a time: two requests of the same device must not get two prefixes.
    let _alone = server.enrolling.lock().unwrap_or_else(PoisonError::into_inner);
    let (store, identity) = (&*server.store, &server.identity);
    let token = store.take_token(hash_of(&asking.token), clock::wall_ms(), key)?.ok_or(EnrolError::Token)?;
    let role: AppRole = token.role.parse().map_err(dutybook_store::Error::Inconsistent)?;
    let hex = key.to_string();
    let device_id = device::record_of(identity.site.as_str(), &hex);
    let known = store.device(key)?.filter(|device| !device.revoked && device.role == role.word());
    let (prefix, name) = match known {
        Some(device) => (device.prefix, device.label),
        None => {
            let letter = role.letter();
            let prefix = format!("{letter}{}", store.next_number(&format!("prefix/{letter}"))?);
            let asked: String = asking.name.trim().chars().take(NAME_LETTERS).collect();
            let name = if asked.is_empty() { token.name } else { asked };
            let action = DeviceAction::Enrol { key: hex, label: name.clone(), prefix: prefix.clone(), role };
            let arrival = write(store, identity, server.clock.recorded(), device_id, action)?;
            server.grown(arrival);
            tracing::info!(device = %prefix, role = %role.word(), %name, "device enrolled");
            (prefix, name)
        }
    };
    Ok(EnrolAnswer {
        site: identity.site.as_str().to_owned(),
        site_name: identity.site_name.clone(),
        server_key: identity.server.to_string(),
        device_id: device_id.to_string(),
        prefix,
        role: role.word().to_owned(),
        name,
    })
}

/// Writes into the device's record as the server itself. Answers the arrival.
fn write(
    store: &Store,
    identity: &Identity,
    recorded: Recorded,
    record: RecordId,
    action: DeviceAction,
) -> Result<u64, EnrolError> {
    let stamp = Stamp { author: AuthorId::DEVICE, recorded };
    let now = Timestamp(recorded.wall_ms);
    let decided = store.transact(stamp, |writing| decide(writing, identity, record, action, now))?;
    Ok(decided.map_err(EnrolError::Refused)?.arrival)
}

/// New names as the server gives them; it counts no series.
struct ServerNames {
    server: DeviceKey,
    now: Timestamp,
}

impl Names for ServerNames {
    fn fact(&mut self) -> FactId {
        FactId::new(self.server.as_bytes(), self.now, clock::random())
    }

    fn random(&mut self) -> [u8; 16] {
        clock::random()
    }

    fn number(&mut self, _: Day) -> String {
        String::new()
    }

    // The server draws no lots.
    fn secret(&self, _: &str) -> [u8; 32] {
        [0; 32]
    }
}

fn decide(
    writing: &Writing<'_>,
    identity: &Identity,
    record: RecordId,
    action: DeviceAction,
    now: Timestamp,
) -> Result<Vec<Step>, Refusal> {
    let doc = writing.doc(record);
    let view = doc.as_ref().map(|doc| device::Device::view(&dutybook_domain::record::Story::read(doc)).0);
    let person = device::record_of(identity.site.as_str(), &identity.server.to_string());
    let mut acting = Acting {
        who: Signer { person, name: identity.label.clone(), role: Role::Admin },
        now,
        site: &Site::default(),
        record,
        names: &mut ServerNames { server: identity.server, now },
        book: writing,
    };
    device::Device::act(view.as_ref(), action, &mut acting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_may_be_typed_in_any_way() {
        let hash = hash_of("ABCDE-FGHIJ-KLMNO-PQRST");
        for typed in ["abcde fghij klmno pqrst", " ABCDEFGHIJKLMNOPQRST ", "abcde-fghij-klmno-pqrst\n"] {
            assert_eq!(hash_of(typed), hash, "{typed:?}");
        }
        assert_ne!(hash_of("ABCDE-FGHIJ-KLMNO-PQRSU"), hash);
    }
}
