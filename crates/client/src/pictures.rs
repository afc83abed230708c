//! Pictures that belong to records: made small, kept beside the book before a record speaks of them, sent to the server
//! in pieces when nothing else waits, and fetched when somebody looks.
//!
//! Invariants
//! - A record never waits for a picture. What a record speaks of is on this device's disk before it is written.
//! - What is here is what its name says; what comes from the server is looked at before it is kept.

use std::time::Duration;

use data_encoding::{BASE64, HEXLOWER};
use dutybook_domain::file::FileHash;
use dutybook_files::PictureError;
use dutybook_sync::{FILE_DEVICE_HEADER, FILE_PROOF_HEADER, PIECE_BYTES, TUS, sign_file_request};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use tokio_util::sync::CancellationToken;

use crate::client::Client;
use crate::error::Error;
use crate::shown::PictureKept;
use crate::sync::Signing;
use crate::sync::connection::{blocking, offline};

const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const AGAIN: Duration = Duration::from_secs(20);

impl Client {
    /// Makes a picture small enough to travel and keeps it; it is on the disk when this returns. `urgent` ones, such as
    /// evidence of an incident, are sent first.
    ///
    /// # Errors
    /// [`Error::Picture`] for what is none; [`Error::File`] when it cannot be kept.
    pub fn keep_picture(&self, bytes: &[u8], urgent: bool) -> Result<PictureKept, Error> {
        let picture = dutybook_files::travelling(bytes)?;
        let hash = self.inner.files.put(&picture.jpeg)?;
        self.inner.store.file_kept(hash, picture.jpeg.len() as u64, self.now().0, urgent)?;
        // Whoever sends files looks again.
        self.inner.link.send_modify(|_| {});
        Ok(PictureKept {
            file: hash,
            original: picture.original,
            width: picture.width,
            height: picture.height,
            taken_at: self.now(),
        })
    }

    /// A picture as JPEG; none when it is neither here nor on a server in reach. `small` is for lists.
    ///
    /// # Errors
    /// [`Error::File`] when the disk fails.
    pub async fn picture(&self, file: FileHash, small: bool) -> Result<Option<Vec<u8>>, Error> {
        let here = self.clone();
        let bytes = match blocking(move || here.kept(&file)).await? {
            Some(bytes) => bytes,
            None => match self.fetch(file).await {
                Ok(Some(bytes)) => bytes,
                Ok(None) | Err(Error::Offline(_)) => return Ok(None),
                Err(error) => return Err(error),
            },
        };
        match small {
            true => blocking(move || Ok(Some(dutybook_files::thumbnail(&bytes)?))).await,
            false => Ok(Some(bytes)),
        }
    }

    /// The bytes of a file; none also where the disk gives back something else, which is not shown to anybody.
    fn kept(&self, file: &FileHash) -> Result<Option<Vec<u8>>, Error> {
        match self.inner.files.read(file) {
            Err(dutybook_files::Error::NotIt(_)) => {
                tracing::warn!(%file, "a kept file is damaged");
                Ok(None)
            }
            other => Ok(other?),
        }
    }

    /// Sends what the server does not have, whenever it is there, until told to stop.
    pub async fn keep_files_sent(self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.send_whenever_connected() => {}
        }
    }

    async fn send_whenever_connected(&self) {
        let mut link = self.link();
        let mut damaged = Vec::new();
        loop {
            let connected = link.borrow_and_update().connected;
            let sent = if connected { self.send_all_but(&mut damaged).await } else { Ok(()) };
            if let Err(error) = sent {
                tracing::debug!(%error, "files wait");
                tokio::time::sleep(AGAIN).await;
            } else if link.changed().await.is_err() {
                return;
            }
        }
    }

    /// Sends every file that the server does not have.
    ///
    /// # Errors
    /// [`Error::Offline`] when it cannot be reached or does not take one; what was sent until then stays sent.
    pub async fn send_files(&self) -> Result<(), Error> {
        self.send_all_but(&mut Vec::new()).await
    }

    /// Files that turn out to be damaged here are passed over, and from then on with those in `damaged`.
    async fn send_all_but(&self, damaged: &mut Vec<FileHash>) -> Result<(), Error> {
        while let Some(file) = self.inner.store.next_file_to_send(damaged)? {
            let client = self.clone();
            let Some(bytes) = blocking(move || client.kept(&file)).await? else {
                damaged.push(file);
                continue;
            };
            self.send(file, &bytes).await?;
            self.inner.store.file_delivered(file)?;
            self.inner.link.send_modify(|_| {});
        }
        Ok(())
    }

    async fn send(&self, file: FileHash, bytes: &[u8]) -> Result<(), Error> {
        let length = bytes.len() as u64;
        let begun = self
            .asked(Method::POST, "/files", file)?
            .header("upload-length", length)
            .header("upload-metadata", format!("sha256 {}", BASE64.encode(file.to_string().as_bytes())));
        let mut offset = offset_of(&answered(begun).await?)?;
        while offset < length {
            let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            let piece = &bytes[from..bytes.len().min(from + PIECE_BYTES)];
            let asked = self
                .asked(Method::PATCH, &format!("/files/{file}"), file)?
                .header("content-type", "application/offset+octet-stream")
                .header("upload-offset", offset)
                .body(piece.to_vec());
            let next = offset_of(&answered(asked).await?)?;
            if next <= offset {
                return Err(offline(&"the server does not take the file"));
            }
            offset = next;
        }
        Ok(())
    }

    /// Fetches a file from where an earlier try ended.
    async fn fetch(&self, file: FileHash) -> Result<Option<Vec<u8>>, Error> {
        let _one = self.inner.fetching.lock().await;
        if let Some(bytes) = self.kept(&file)? {
            return Ok(Some(bytes));
        }
        let have = self.inner.files.received(&file)?.map_or(0, |received| received.offset);
        let asked = self.asked(Method::GET, &format!("/files/{file}"), file)?.header("range", format!("bytes={have}-"));
        let mut answer = asked.send().await.map_err(without_url)?;
        let length = match answer.status() {
            StatusCode::NOT_FOUND => return Ok(None),
            StatusCode::OK => answer.content_length(),
            StatusCode::PARTIAL_CONTENT => answer
                .headers()
                .get("content-range")
                .and_then(|range| range.to_str().ok()?.rsplit_once('/')?.1.parse().ok()),
            other => return Err(offline(&format!("the server answered {other}"))),
        };
        let length = length.ok_or_else(|| offline(&"the server does not say how long the file is"))?;
        let mut offset = if answer.status() == StatusCode::OK { 0 } else { have };
        if self.inner.files.begin(&file, length)?.offset != offset {
            return Err(offline(&"the server gave another part of the file than was asked for"));
        }
        while let Some(piece) = answer.chunk().await.map_err(without_url)? {
            offset = self.inner.files.append(&file, offset, &piece)?.offset;
        }
        self.kept(&file)
    }

    fn asked(&self, method: Method, path: &str, file: FileHash) -> Result<RequestBuilder, Error> {
        let url = self.server_url()?.ok_or_else(|| offline(&"no server address"))?;
        let (server, device) = (self.identity().server, self.store().device_key());
        let proof = sign_file_request(&Signing(self.inner.store.clone()), &server, method.as_str(), &file.0);
        Ok(self
            .inner
            .web
            .request(method, format!("{}{path}", url.trim_end_matches('/')))
            .timeout(ANSWER_WITHIN)
            .header("tus-resumable", TUS)
            .header(FILE_DEVICE_HEADER, device.to_string())
            .header(FILE_PROOF_HEADER, HEXLOWER.encode(&proof)))
    }
}

fn without_url(error: reqwest::Error) -> Error {
    offline(&error.without_url())
}

async fn answered(asked: RequestBuilder) -> Result<Response, Error> {
    let answer = asked.send().await.map_err(without_url)?;
    if answer.status().is_success() {
        return Ok(answer);
    }
    let status = answer.status();
    let text = answer.text().await.unwrap_or_default();
    Err(offline(&format!("{status}: {}", text.chars().take(200).collect::<String>().trim())))
}

fn offset_of(answer: &Response) -> Result<u64, Error> {
    let offset = answer.headers().get("upload-offset").and_then(|offset| offset.to_str().ok()?.parse().ok());
    offset.ok_or_else(|| offline(&"what answers there takes no files"))
}

impl From<PictureError> for Error {
    fn from(error: PictureError) -> Self {
        Self::Picture(error)
    }
}
