//! What can go wrong, as the apps and the command line show it.

use dutybook_domain::Words;
use dutybook_domain::engine::Refusal;
use dutybook_domain::words;

/// Everything that can stop a client. `code()` is stable and exists where somebody reacts to it; `words()` is what a
/// person reads and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rules do not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The local book.
    #[error(transparent)]
    Store(#[from] dutybook_store::Error),
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    NotSignedIn,
    /// Wrong PIN, or no such person.
    #[error("the PIN is wrong")]
    WrongPin,
    /// The device has not been enrolled.
    #[error("this device is not enrolled; run `dutybook device new` with a token from the server")]
    NotEnrolled,
    /// There is no record or kind of that name.
    #[error("there is no {0}")]
    Missing(String),
    /// A folder that somebody chose cannot be written to.
    #[error("{path} cannot be written: {detail}")]
    Folder {
        /// The file.
        path: String,
        /// Why.
        detail: String,
    },
    /// A file that is no bundle, or not one for this book.
    #[error("{}", .0.en)]
    Bundle(Words),
    /// What was to be kept as a picture is none.
    #[error(transparent)]
    Picture(dutybook_files::PictureError),
    /// A file beside the book cannot be kept or read.
    #[error(transparent)]
    File(#[from] dutybook_files::Error),
    /// What was typed or scanned is not where a device is to be found.
    #[error("{0:?} is no address of a device")]
    Address(String),
    /// The server did not take the device in.
    #[error("the server did not enrol this device: {0}")]
    Enrolment(String),
    /// The connection failed; what was saved stays saved.
    #[error("no connection: {0}")]
    Offline(String),
    /// The session ended for a reason that waiting does not cure: the other side sent this device away, or did not
    /// show that it is the server this device was enrolled with.
    #[error("{text}")]
    SentAway {
        /// The code of whoever ended it.
        code: String,
        /// Their words.
        text: String,
    },
}

impl Error {
    /// Stable word.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Refused(refusal) => &refusal.code,
            Self::Store(error) => error.code(),
            Self::NotSignedIn => "not_signed_in",
            Self::WrongPin => "wrong_pin",
            Self::NotEnrolled => "not_enrolled",
            Self::Missing(_) => "missing_record",
            Self::Folder { .. } => "folder",
            Self::Bundle(_) => "bundle",
            Self::Picture(_) => "picture",
            Self::File(_) => "file",
            Self::Address(_) => "address",
            Self::Enrolment(_) => "enrolment",
            Self::Offline(_) => "offline",
            Self::SentAway { code, .. } => code,
        }
    }

    /// What a person reads.
    #[must_use]
    pub fn words(&self) -> Words {
        match self {
            Self::Refused(refusal) => refusal.words.clone(),
            Self::Bundle(words) => words.clone(),
            Self::NotSignedIn => words!("请先登录。", "Please sign in first."),
            Self::WrongPin => words!("密码不对,请再试。", "The PIN is wrong; please try again."),
            Self::NotEnrolled => words!(
                "本机还没有入网。请在服务器上生成入网码,再运行 dutybook device new。",
                "This device is not enrolled. Make a token on the server, then run dutybook device new."
            ),
            Self::Missing(what) => words!("没有{what}。", "There is no {what}."),
            Self::Folder { path, detail } => words!(
                "写不进 {path}({detail})。请换一个文件夹,或检查 U 盘。",
                "{path} cannot be written ({detail}). Choose another folder, or look at the stick."
            ),
            Self::Picture(error) => words!(
                "这不是能用的照片({error})。请换一张 JPEG、PNG 或 WebP。",
                "This picture cannot be used ({error}). Choose a JPEG, PNG or WebP."
            ),
            Self::File(error) => words!(
                "照片存不进本机({error})。请检查磁盘空间;文字记录不受影响。",
                "The picture cannot be kept on this device ({error}). Look at the disk; records are not affected."
            ),
            Self::Address(text) => crate::near::no_address(text),
            Self::Enrolment(text) => {
                words!("服务器没有接纳本机:{text}", "The server did not enrol this device: {text}")
            }
            Self::Offline(text) => {
                words!("没有连上({text})。已保存的不会丢。", "No connection ({text}). What was saved is kept.")
            }
            Self::SentAway { code, text } => sent_away(code, text),
            Self::Store(dutybook_store::Error::Full) => words!(
                "本机磁盘满了,这一条没有保存。请腾出空间再点一次;已保存的都在,也照样能看。",
                "The disk is full; this was not saved. Make room and try again; all that was saved is there and can be read."
            ),
            Self::Store(dutybook_store::Error::Disk(_)) => words!(
                "本机磁盘写入失败,这一条没有保存。请再试一次;仍不行就换一台设备,并让它连上服务器或用 U 盘带出内容。",
                "The disk failed; this was not saved. Try again; if it stays so, use another device and let this one meet \
                 the server, or carry its book out on a stick."
            ),
            Self::Store(error) => {
                words!("本机的值班簿出了问题:{error}", "The local book has a problem: {error}")
            }
        }
    }
}

/// What a person does about a connection that coming again does not cure. The other side's own words are English.
fn sent_away(code: &str, text: &str) -> Words {
    let zh = match code {
        "unknown-device" => "对方还不认识本机。请先让其中一台连上服务器,或当面读入数据包",
        "revoked-device" => "设备已被停用,请找系统管理员",
        "wrong-site" => "对方属于另一个站点",
        "bad-proof" => "对方不是本站点的设备或服务器,什么都没有交给它",
        "wrong-protocol" => "两边的程序版本不同,请升级较旧的一台",
        _ => text,
    };
    words!("同步停止了:{zh}。", "Sync has stopped: {text}")
}
