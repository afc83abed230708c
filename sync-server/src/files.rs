//! Files of records: taken in pieces, given in ranges. See [`dutybook_sync`]'s `file` for the requests.
//!
//! Invariants
//! - "It is here" is said once the bytes and the name are on the disk.
//! - Only devices in use are answered, and each shows that it is the one.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::{BASE64, HEXLOWER};
use dutybook_domain::file::FileHash;
use dutybook_files::{Error, LONGEST, Received};
use dutybook_log::DeviceKey;
use dutybook_sync::{FILE_DEVICE_HEADER, FILE_PROOF_HEADER, PIECE_BYTES, TUS, is_file_request_of};
use tower_http::services::ServeFile;

use crate::line::Caller;
use crate::server::Server;

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
/// Free space below which no file is begun: records come first.
const KEPT_FREE: u64 = 512 * 1024 * 1024;
/// tus: the bytes are not those of the checksum.
const CHECKSUM_MISMATCH: u16 = 460;

fn said(status: StatusCode, text: &str) -> Response {
    let mut response = (status, format!("{text}\n")).into_response();
    response.headers_mut().insert(TUS_RESUMABLE, HeaderValue::from_static(TUS));
    response
}

fn why(error: &Error) -> Response {
    let (status, zh) = match error {
        Error::TooLong(_) => (StatusCode::PAYLOAD_TOO_LARGE, "文件太大"),
        Error::Offset { .. } => (StatusCode::CONFLICT, "不是接着的一段,请先问已收到多少"),
        Error::NotIt(_) => {
            (StatusCode::from_u16(CHECKSUM_MISMATCH).unwrap_or(StatusCode::BAD_REQUEST), "内容与名称不符,请从头再传")
        }
        _ => {
            tracing::error!(%error, "a file cannot be taken");
            (StatusCode::INSUFFICIENT_STORAGE, "服务器存不下,请检查磁盘")
        }
    };
    said(status, &format!("{zh}。\n{error}"))
}

/// The answer to somebody who is not a device in use, or none.
async fn stranger(
    server: &Arc<Server>,
    caller: &Caller,
    method: &Method,
    headers: &HeaderMap,
    hash: FileHash,
) -> Option<Response> {
    let header = |name: &str| headers.get(name).and_then(|value| HEXLOWER.decode(value.as_bytes()).ok());
    let device = header(FILE_DEVICE_HEADER).and_then(|key| key.try_into().ok()).map(DeviceKey);
    let proof: Option<[u8; 64]> = header(FILE_PROOF_HEADER).and_then(|proof| proof.try_into().ok());
    let ours = server.identity.server;
    let shown =
        device.zip(proof).filter(|(device, proof)| is_file_request_of(device, &ours, method.as_str(), &hash.0, proof));
    let Some((device, _)) = shown else {
        return Some(said(
            StatusCode::UNAUTHORIZED,
            "请求没有本站点设备的签名。\nThe request is not signed by a device.",
        ));
    };
    match server.blocking(move |server| server.store.device(device)).await {
        Ok(Some(known)) if !known.revoked => {
            // Only now more is read than anybody may send.
            caller.pass.is_known();
            None
        }
        Ok(_) => Some(said(StatusCode::FORBIDDEN, "设备未入网或已停用。\nThe device is not enrolled, or out of use.")),
        Err(error) => {
            tracing::error!(%error, "the book cannot be read");
            Some(said(StatusCode::SERVICE_UNAVAILABLE, "服务器暂时读不了,请稍后再试。\nThe book cannot be read."))
        }
    }
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

async fn blocking<T: Send + 'static>(
    server: &Arc<Server>,
    work: impl FnOnce(&Server) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let worker = Arc::clone(server);
    tokio::task::spawn_blocking(move || work(&worker))
        .await
        .unwrap_or_else(|error| Err(Error::Io { path: server.data.clone(), source: std::io::Error::other(error) }))
}

fn offsets(response: &mut Response, received: Received) {
    let headers = response.headers_mut();
    headers.insert(UPLOAD_OFFSET, received.offset.into());
    headers.insert(UPLOAD_LENGTH, received.length.into());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// What the server can do, for programs that speak tus.
pub(crate) async fn able() -> Response {
    let mut response = said(StatusCode::OK, "");
    let headers = response.headers_mut();
    headers.insert(TUS_VERSION, HeaderValue::from_static(TUS));
    headers.insert(TUS_EXTENSION, HeaderValue::from_static("creation"));
    headers.insert(TUS_MAX_SIZE, LONGEST.into());
    response
}

pub(crate) async fn begin(
    State(server): State<Arc<Server>>,
    ConnectInfo(caller): ConnectInfo<Caller>,
    headers: HeaderMap,
) -> Response {
    let named = headers.get(&UPLOAD_METADATA).and_then(|value| value.to_str().ok()).and_then(|metadata| {
        let value = metadata.split(',').find_map(|pair| pair.trim().strip_prefix("sha256 "))?;
        String::from_utf8(BASE64.decode(value.trim().as_bytes()).ok()?).ok()?.parse::<FileHash>().ok()
    });
    let (Some(hash), Some(length)) = (named, number(&headers, &UPLOAD_LENGTH)) else {
        let text = "请求缺少 Upload-Length 或 Upload-Metadata 中的 sha256。\n\
                    Upload-Length, or sha256 in Upload-Metadata, is missing.";
        return said(StatusCode::BAD_REQUEST, text);
    };
    if let Some(refused) = stranger(&server, &caller, &Method::POST, &headers, hash).await {
        return refused;
    }
    if fs4::available_space(&server.data).is_ok_and(|free| free < KEPT_FREE + length) {
        let text = "服务器磁盘快满了,照片等有空间后自动再传。\nThe server's disk is nearly full; files wait until there is room.";
        return said(StatusCode::INSUFFICIENT_STORAGE, text);
    }
    match blocking(&server, move |server| server.files.begin(&hash, length)).await {
        Err(error) => why(&error),
        Ok(received) => {
            let mut response = said(StatusCode::CREATED, "");
            offsets(&mut response, received);
            if let Ok(place) = HeaderValue::from_str(&format!("/files/{hash}")) {
                response.headers_mut().insert(header::LOCATION, place);
            }
            response
        }
    }
}

pub(crate) async fn one(
    State(server): State<Arc<Server>>,
    ConnectInfo(caller): ConnectInfo<Caller>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let Ok(hash) = name.parse::<FileHash>() else {
        return said(StatusCode::NOT_FOUND, "没有这个文件。\nThere is no such file.");
    };
    let (method, headers) = (request.method().clone(), request.headers().clone());
    if let Some(refused) = stranger(&server, &caller, &method, &headers, hash).await {
        return refused;
    }
    match method {
        Method::HEAD => match blocking(&server, move |server| server.files.received(&hash)).await {
            Err(error) => why(&error),
            Ok(None) => said(StatusCode::NOT_FOUND, ""),
            Ok(Some(received)) => {
                let mut response = said(StatusCode::OK, "");
                offsets(&mut response, received);
                response
            }
        },
        Method::PATCH => {
            let Some(offset) = number(&headers, &UPLOAD_OFFSET) else {
                return said(StatusCode::BAD_REQUEST, "请求缺少 Upload-Offset。\nUpload-Offset is missing.");
            };
            let Ok(piece) = axum::body::to_bytes(request.into_body(), PIECE_BYTES).await else {
                let text = format!("一段最多 {PIECE_BYTES} 字节。\nA piece may have {PIECE_BYTES} bytes.");
                return said(StatusCode::PAYLOAD_TOO_LARGE, &text);
            };
            match blocking(&server, move |server| server.files.append(&hash, offset, &piece)).await {
                Err(error) => why(&error),
                Ok(received) => {
                    let mut response = said(StatusCode::NO_CONTENT, "");
                    *response.body_mut() = Body::empty();
                    offsets(&mut response, received);
                    response
                }
            }
        }
        _ => match ServeFile::new(server.files.path(&hash)).try_call(request).await {
            Ok(response) => response.map(Body::new).into_response(),
            Err(error) => why(&Error::Io { path: server.files.path(&hash), source: error }),
        },
    }
}
