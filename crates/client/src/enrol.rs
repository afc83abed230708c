//! Taking a device into a site with a one-time token of its server.

use std::path::Path;
use std::sync::Arc;

use dutybook_domain::device::AppRole;
use dutybook_store::{Identity, Store};
use dutybook_sync::{ENROLMENT_BYTES, EnrolAnswer, EnrolAsking, EnrolProblem};

use crate::client::{Client, start_options};
use crate::clock::Clock;
use crate::error::Error;
use crate::sync::SERVER_URL;

/// Enrols the device whose data folder is `dir`, making its key and its book, and opens it.
///
/// A device may enrol again with the server it was enrolled with: one that came back from an older copy may have
/// forgotten it, and what the device holds has to get there. Any other server is refused and changes nothing here.
///
/// # Errors
/// [`Error::Enrolment`] in the server's words; [`Error::Offline`] when it cannot be reached. Nothing is left half-way:
/// the device's key is kept and used at the next try.
pub async fn enrol(dir: &Path, url: &str, token: &str, label: &str, clock: Arc<dyn Clock>) -> Result<Client, Error> {
    let store = Store::open(dir, start_options())?;
    let device_key = store.device_key().to_string();
    let asking = EnrolAsking { token: token.trim().to_owned(), device_key, name: label.to_owned() };
    let url = url.trim().trim_end_matches('/');
    let offline = |error: reqwest::Error| Error::Offline(error.without_url().to_string());
    let answer = reqwest::Client::new().post(format!("{url}/enrol")).json(&asking).send().await.map_err(offline)?;
    let status = answer.status();
    let body = body_of(answer).await.map_err(offline)?;
    if !status.is_success() {
        let text = EnrolProblem::read(&body)
            .map_or_else(|_| format!("{url} answered {status}; is it a Dutybook server?"), |problem| problem.message);
        return Err(Error::Enrolment(text));
    }
    let foreign = |what: &str| Error::Enrolment(format!("{url} gave no readable {what}; is it a Dutybook server?"));
    let answer = EnrolAnswer::read(&body).map_err(|_| foreign("answer"))?;
    let server = answer.server_key.parse().map_err(|_| foreign("key"))?;
    let site = answer.site.parse().map_err(|_| foreign("site"))?;
    let role: AppRole = answer.role.parse().map_err(|_| foreign("role"))?;
    if let Some(before) = store.identity()?.filter(|before| before.site != site || before.server != server) {
        let (label, old) = (before.label, before.site);
        let text = format!("this folder belongs to “{label}” of site {old} and another server; use an empty folder");
        return Err(Error::Enrolment(text));
    }
    store.set_identity(&Identity {
        site,
        site_name: answer.site_name,
        label: label.into(),
        prefix: answer.prefix,
        role,
        server,
    })?;
    store.set_setting(SERVER_URL, Some(url))?;
    Client::on(store, clock)
}

/// The body, as far as an answer may be long: whoever answers there need not be a server of ours.
async fn body_of(mut answer: reqwest::Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while body.len() <= ENROLMENT_BYTES {
        match answer.chunk().await? {
            Some(chunk) => body.extend_from_slice(&chunk),
            None => break,
        }
    }
    Ok(body)
}
