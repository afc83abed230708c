//! One app: its process, its window, and what a person does with it.
//!
//! Each window has a WebKitWebDriver of its own (one driver takes one session), which starts the
//! app; the app inherits the driver's environment. Elements are named by their `data-testid`; a name
//! that ends with `*` stands for all that begin like it.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};
use thirtyfour::error::{WebDriverErrorInner, WebDriverResult};
use thirtyfour::prelude::*;
use tokio::net::TcpStream;
use tokio::time::sleep;
use xtask::process::{self, Running};

/// How long anything on a screen is waited for: long enough for a debug build on two busy cores.
const PATIENCE: Duration = Duration::from_secs(30);
/// From one point of a stroke of a pen to the next.
const STROKE: Duration = Duration::from_millis(30);
const LOOK_EVERY: Duration = Duration::from_millis(40);

const MODIFIERS: [Key; 4] = [Key::Control, Key::Shift, Key::Alt, Key::Meta];

/// Looks at `condition` until it gives a value; `what` is named when it does not come in time.
pub async fn until<T>(what: &str, mut condition: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = condition().await? {
            return Ok(value);
        }
        ensure!(Instant::now() < deadline, "{what}: waited for {PATIENCE:?} in vain");
        sleep(LOOK_EVERY).await;
    }
}

/// An app under test. Clones are the same window; the app ends with the last one.
#[derive(Debug, Clone)]
pub struct Window(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    app: PathBuf,
    data: PathBuf,
    /// Ends the app too, which a driver that is killed does not do by itself.
    driver: Running,
    port: u16,
    /// `None` while the app is down.
    page: Mutex<Option<WebDriver>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The session ends with the app and the driver; asking for its end would only block.
        if let Some(page) = lock(&self.page).take() {
            let _ = page.leak();
        }
    }
}

impl Window {
    /// Starts the program `app` on the screen `display` with the data in `data`; what it and its
    /// driver print goes to `log`.
    pub async fn open(name: &str, app: &Path, display: &str, data: &Path, log: &Path) -> Result<Self> {
        let port = free_port()?;
        let output = File::create(log).with_context(|| format!("{} cannot be made", log.display()))?;
        // WEBKIT_DISABLE_DMABUF_RENDERER and WEBKIT_DISABLE_COMPOSITING_MODE must not be set: with
        // either of them a screenshot never comes.
        let driver = Running::start(
            "WebKitWebDriver",
            Command::new("WebKitWebDriver")
                .arg(format!("--port={port}"))
                .arg("--host=127.0.0.1")
                .env("TAURI_WEBVIEW_AUTOMATION", "true")
                .env("DISPLAY", display)
                .env_remove("WAYLAND_DISPLAY")
                .env_remove("WEBKIT_DISABLE_DMABUF_RENDERER")
                .env_remove("WEBKIT_DISABLE_COMPOSITING_MODE")
                .env("GDK_BACKEND", "x11")
                .env("RUST_BACKTRACE", "1")
                .env("RUST_LOG", "info")
                .stdin(Stdio::null())
                .stdout(output.try_clone().context("the log cannot be shared")?)
                .stderr(output),
        )
        .context("`cargo xtask setup` installs it (package webkit2gtk-driver)")?;
        until("WebKitWebDriver", async || Ok(TcpStream::connect(("127.0.0.1", port)).await.is_ok().then_some(())))
            .await?;
        let window = Self(Arc::new(Inner {
            name: name.to_owned(),
            app: app.to_owned(),
            data: data.to_owned(),
            driver,
            port,
            page: Mutex::new(None),
        }));
        window.reopen().await?;
        Ok(window)
    }

    /// Starts the app again on the same data, after [`kill`](Self::kill); waits until its first
    /// useful screen stands.
    pub async fn reopen(&self) -> Result<()> {
        ensure!(lock(&self.0.page).is_none(), "{}: the app still runs", self.0.name);
        let wanted: Map<String, Value> = match json!({
            "webkitgtk:browserOptions": {
                "binary": self.0.app,
                "args": ["--data-dir", self.0.data],
            }
        }) {
            Value::Object(wanted) => wanted,
            _ => Map::new(),
        };
        let page =
            WebDriver::builder(format!("http://127.0.0.1:{}", self.0.port), thirtyfour::Capabilities::from(wanted))
                .request_timeout(PATIENCE)
                .await
                .with_context(|| format!("{}: the app did not open", self.0.name))?;
        *lock(&self.0.page) = Some(page);
        self.see("app-ready").await
    }

    /// Ends the app at once (`kill -9`), as an empty battery would; [`reopen`](Self::reopen) starts
    /// it again.
    pub async fn kill(&self) -> Result<()> {
        let page = lock(&self.0.page).take().with_context(|| format!("{}: down already", self.0.name))?;
        let apps = process::children(self.0.driver.id());
        ensure!(!apps.is_empty(), "{}: the driver has no app", self.0.name);
        process::kill_descendants(self.0.driver.id());
        until("the end of the app", async || Ok(apps.iter().all(|app| !process::runs(*app)).then_some(()))).await?;
        // The driver notices by itself and takes the next session.
        drop(page.quit().await);
        Ok(())
    }

    /// How the journey calls this window.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Where the app keeps its data.
    pub fn data(&self) -> &Path {
        &self.0.data
    }

    /// Waits until the element `id` is shown.
    pub async fn see(&self, id: &str) -> Result<()> {
        self.shown(id).await.map(drop)
    }

    /// Waits until no element `id` is shown.
    pub async fn see_gone(&self, id: &str) -> Result<()> {
        self.wait(&format!("[{id}] to go"), async || Ok(self.texts(id).await?.is_empty().then_some(()))).await
    }

    /// Waits until the text of the element `id` contains `text`.
    pub async fn see_text(&self, id: &str, text: &str) -> Result<()> {
        self.wait(&format!("[{id}] with the text {text:?}"), async || {
            Ok(self.texts(id).await?.iter().any(|shown| shown.contains(text)).then_some(()))
        })
        .await
    }

    /// The texts of all shown elements `id`, in the order of the page.
    pub async fn texts(&self, id: &str) -> Result<Vec<String>> {
        let texts = self
            .run(
                "return [...document.querySelectorAll(arguments[0])]
                   .filter((e) => e.checkVisibility()).map((e) => e.innerText.trim())",
                vec![json!(selector(id))],
            )
            .await?;
        serde_json::from_value(texts).context("the texts of the page")
    }

    /// Waits for the element `id` and gives its attribute `name`.
    pub async fn attribute(&self, id: &str, name: &str) -> Result<Option<String>> {
        let element = self.shown(id).await?;
        element.attr(name).await.with_context(|| self.says(&format!("[{id}] {name}")))
    }

    /// Waits until the attribute `name` of the element `id` is `value`.
    pub async fn see_attribute(&self, id: &str, name: &str, value: &str) -> Result<()> {
        self.wait(&format!("[{id}] with {name}={value:?}"), async || {
            let Some(element) = self.first_shown(id).await? else { return Ok(None) };
            Ok(settled(element.attr(name).await)?.flatten().filter(|is| is == value).map(drop))
        })
        .await
    }

    /// Waits until `value` stands in the input `id`.
    pub async fn see_value(&self, id: &str, value: &str) -> Result<()> {
        self.wait(&format!("[{id}] with {value:?} in it"), async || {
            let Some(element) = self.first_shown(id).await? else { return Ok(None) };
            Ok(settled(element.value().await)?.flatten().filter(|is| is == value).map(drop))
        })
        .await
    }

    /// Waits until the element `id` has the focus.
    pub async fn see_focus(&self, id: &str) -> Result<()> {
        self.wait(&format!("[{id}] with the focus"), async || {
            let script = "return document.activeElement?.matches(arguments[0]) ?? false";
            Ok((self.run(script, vec![json!(selector(id))]).await? == Value::Bool(true)).then_some(()))
        })
        .await
    }

    /// Waits for the element `id` whose text has `text` in it, and presses it.
    pub async fn click_text(&self, id: &str, text: &str) -> Result<()> {
        self.click_by(id, &format!("the text {text:?}"), |shown| shown.contains(text), None).await
    }

    /// Waits for the element `id` with `word` as a whole word, and presses it.
    pub async fn click_word(&self, id: &str, word: &str) -> Result<()> {
        self.click_by(id, &format!("the word {word:?}"), |shown| shown.split_whitespace().any(|one| one == word), None)
            .await
    }

    /// Waits for the element `id` whose text has `text` in it, and presses the element `inner` inside.
    pub async fn click_in(&self, id: &str, text: &str, inner: &str) -> Result<()> {
        self.click_by(id, &format!("the text {text:?}"), |shown| shown.contains(text), Some(inner)).await
    }

    async fn click_by(&self, id: &str, what: &str, is: impl Fn(&str) -> bool, inner: Option<&str>) -> Result<()> {
        let what = format!("[{}] of [{id}] with {what} to press", inner.unwrap_or(id));
        self.wait(&what, async || {
            for element in self.all(id).await? {
                // The driver's own idea of the text runs the lines of a grid together.
                let shown = settled(element.prop("innerText").await)?.flatten();
                if !shown.is_some_and(|shown| is(shown.trim())) {
                    continue;
                }
                let Some(inner) = inner else { return self.click_at_rest(&element).await };
                return match settled(element.find(By::Css(selector(inner))).await)? {
                    Some(inner) => self.click_at_rest(&inner).await,
                    None => Ok(None),
                };
            }
            Ok(None)
        })
        .await
    }

    /// Waits for an element `id` that can be pressed, and presses it: what lies under an open sheet cannot.
    pub async fn click(&self, id: &str) -> Result<()> {
        self.wait(&format!("[{id}] to press"), async || {
            for element in self.all(id).await? {
                if settled(element.is_displayed().await)? == Some(true) && self.click_at_rest(&element).await?.is_some()
                {
                    return Ok(Some(()));
                }
            }
            Ok(None)
        })
        .await
    }

    /// Waits for the radio button `id` and presses its label: the button itself is hidden from the eye.
    pub async fn choose(&self, id: &str) -> Result<()> {
        self.wait(&format!("[{id}] to choose"), async || {
            let radios = self.all(id).await?;
            let Some(radio) = radios.first() else { return Ok(None) };
            if settled(radio.prop("checked").await)?.flatten().as_deref() == Some("true") {
                return Ok(Some(()));
            }
            // Chosen only once it shows: a press may go beside a sheet that is just coming in.
            if let Some(label) = settled(radio.find(By::XPath("ancestor::label")).await)? {
                self.click_at_rest(&label).await?;
            }
            Ok(None)
        })
        .await
    }

    /// Waits for the input `id`, empties it, and types `text` key by key.
    ///
    /// Characters beyond the basic plane (emoji, rare surnames) do not come through as keys: see
    /// [`insert_text`](Self::insert_text).
    pub async fn type_text(&self, id: &str, text: &str) -> Result<()> {
        self.wait(&format!("[{id}] to type into"), async || {
            let Some(element) = self.first_shown(id).await? else { return Ok(None) };
            settled(element.clear().await)
        })
        .await?;
        let element = self.shown(id).await?;
        element.send_keys(text).await.with_context(|| self.says(&format!("[{id}] type {text:?}")))
    }

    /// Waits for the input `id` and puts `text` in as an input method does, in one piece.
    pub async fn insert_text(&self, id: &str, text: &str) -> Result<()> {
        let element = self.shown(id).await?;
        let taken = self
            .run(
                "arguments[0].focus();
                 return document.execCommand('insertText', false, arguments[1])",
                vec![element.to_json().context("element")?, json!(text)],
            )
            .await?;
        ensure!(taken == Value::Bool(true), "{}", self.says(&format!("[{id}] takes no text")));
        Ok(())
    }

    /// Gives the file at `path` to the chooser `id`, which is not shown itself: the key beside it opens the system's.
    pub async fn choose_file(&self, id: &str, path: &Path) -> Result<()> {
        let chooser =
            self.wait(&format!("[{id}] to choose with"), async || Ok(self.all(id).await?.into_iter().next())).await?;
        let path = path.to_str().context("the path is text")?;
        chooser.send_keys(path).await.with_context(|| self.says(&format!("[{id}] choose {path}")))
    }

    /// Presses keys one after the other, for whatever has the focus; modifiers stay down till the end:
    /// `Key::Control + Key::Enter`.
    pub async fn press(&self, keys: impl Into<TypingData>) -> Result<()> {
        let mut down = Vec::new();
        let mut chain = self.page()?.action_chain();
        for key in keys.into().as_vec() {
            chain = chain.key_down(key);
            if MODIFIERS.iter().any(|modifier| modifier.value() == key) {
                down.push(key);
            } else {
                chain = chain.key_up(key);
            }
        }
        for key in down.into_iter().rev() {
            chain = chain.key_up(key);
        }
        chain.perform().await.with_context(|| self.says("the keys were not taken"))
    }

    /// Types `text` key by key into whatever has the focus.
    pub async fn write(&self, text: &str) -> Result<()> {
        let element = self.page()?.active_element().await.with_context(|| self.says("nothing has the focus"))?;
        element.send_keys(text).await.with_context(|| self.says(&format!("{text:?} was not taken")))
    }

    /// Writes something on the signature pad `id`.
    pub async fn sign(&self, id: &str) -> Result<()> {
        let pad = self.shown(id).await?;
        pad.scroll_into_view().await.with_context(|| self.says(&format!("[{id}] is out of reach")))?;
        self.page()?
            .action_chain_with_delay(None, Some(STROKE))
            .move_to_element_with_offset(&pad, -60, 10)
            .click_and_hold()
            .move_by_offset(50, -30)
            .move_by_offset(30, 45)
            .move_by_offset(40, -25)
            .release()
            .perform()
            .await
            .with_context(|| self.says(&format!("[{id}] cannot be signed")))
    }

    /// Holds the key `id` down until `shown` is there, as SOS wants to be held.
    pub async fn hold(&self, id: &str, shown: &str) -> Result<()> {
        let key = self.shown(id).await?;
        let page = self.page()?;
        let held = page.action_chain().move_to_element_center(&key).click_and_hold();
        held.perform().await.with_context(|| self.says(&format!("[{id}] cannot be held")))?;
        self.see(shown).await?;
        page.action_chain().release().perform().await.with_context(|| self.says(&format!("[{id}] is not let go")))
    }

    /// Sets the size of the window's content and waits until the page has it.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.page()?
            .set_window_rect(0, 0, width, height)
            .await
            .with_context(|| self.says("the window cannot be resized"))?;
        self.wait(&format!("a size of {width}×{height}"), async || {
            let size = self.run("return [innerWidth, innerHeight]", Vec::new()).await?;
            Ok((size == json!([width, height])).then_some(()))
        })
        .await
    }

    /// Saves what the window shows now as a PNG.
    pub async fn screenshot(&self, file: &Path) -> Result<()> {
        // A change of the page is on the screen only after the second frame.
        self.page()?
            .execute_async("requestAnimationFrame(() => requestAnimationFrame(() => arguments[0]()))", Vec::new())
            .await
            .with_context(|| self.says("the page draws nothing"))?;
        self.page()?.screenshot(file).await.with_context(|| self.says(&format!("no screenshot in {}", file.display())))
    }

    /// Runs JavaScript in the page and gives what it returns.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        let answer = self
            .page()?
            .execute(script, arguments)
            .await
            .with_context(|| self.says("the page did not run a script"))?;
        Ok(answer.json().clone())
    }

    /// The page as text, for the evidence of a failed journey.
    pub(super) async fn source(&self) -> Result<String> {
        self.page()?.source().await.with_context(|| self.says("no page"))
    }

    /// Whether the app is up.
    pub fn is_open(&self) -> bool {
        lock(&self.0.page).is_some()
    }

    fn page(&self) -> Result<WebDriver> {
        lock(&self.0.page).clone().with_context(|| self.says("the app is down"))
    }

    async fn shown(&self, id: &str) -> Result<WebElement> {
        self.wait(&format!("[{id}]"), async || self.first_shown(id).await).await
    }

    async fn first_shown(&self, id: &str) -> Result<Option<WebElement>> {
        for element in self.all(id).await? {
            if settled(element.is_displayed().await)? == Some(true) {
                return Ok(Some(element));
            }
        }
        Ok(None)
    }

    /// The elements `id`, shown or not; none while the page changes under the driver's hands, so that whoever waits
    /// looks again. What is *not* there has to be asked of the page itself ([`texts`](Self::texts)).
    async fn all(&self, id: &str) -> Result<Vec<WebElement>> {
        let elements = self.page()?.find_all(By::Css(selector(id))).await;
        Ok(settled(elements).with_context(|| self.says(&format!("[{id}] cannot be looked for")))?.unwrap_or_default())
    }

    /// Presses `element`, unless it still moves: a sheet that slides in would be missed. What lies half behind the edge
    /// of a list is scrolled to first, as a person does; the driver looks at the edge of the window only.
    async fn click_at_rest(&self, element: &WebElement) -> Result<Option<()>> {
        let script = "const [element, done] = arguments
             const { left, top, width, height } = element.getBoundingClientRect()
             const hit = document.elementFromPoint(left + width / 2, top + height / 2)
             if (!element.contains(hit)) element.scrollIntoView({ block: 'center', behavior: 'instant' })
             const place = () => JSON.stringify(element.getBoundingClientRect())
             const before = place()
             requestAnimationFrame(() => requestAnimationFrame(() => done(place() === before)))";
        let at_rest = self.page()?.execute_async(script, vec![element.to_json().context("element")?]).await;
        match settled(at_rest)? {
            Some(at_rest) if *at_rest.json() == Value::Bool(true) => settled(element.click().await),
            _ => Ok(None),
        }
    }

    async fn wait<T>(&self, what: &str, condition: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
        until(&self.says(what), condition).await
    }

    fn says(&self, what: &str) -> String {
        format!("{}: {what}", self.0.name)
    }
}

/// The CSS selector for an element's name.
fn selector(id: &str) -> String {
    match id.strip_suffix('*') {
        Some(start) => format!("[data-testid^=\"{start}\"]"),
        None => format!("[data-testid=\"{id}\"]"),
    }
}

/// `None` when the page was just being drawn anew, or something still covers the element: the next
/// look may succeed.
fn settled<T>(result: WebDriverResult<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) => match error.as_inner() {
            WebDriverErrorInner::StaleElementReference(_)
            | WebDriverErrorInner::NoSuchElement(_)
            | WebDriverErrorInner::ElementClickIntercepted(_)
            | WebDriverErrorInner::ElementNotInteractable(_)
            | WebDriverErrorInner::InvalidElementState(_) => Ok(None),
            _ => bail!(error),
        },
    }
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
    Ok(listener.local_addr().context("no free port")?.port())
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
