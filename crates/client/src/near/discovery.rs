//! Saying that this device is here, and hearing of others: multicast DNS service discovery (RFC 6762, RFC 6763), as
//! `_dutybook._tcp`, with the site and the device's key in the TXT record.
//!
//! A network without multicast, or a machine that does not allow it, makes nothing fail: nobody is heard of then, and
//! addresses are read from a screen.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use dutybook_log::{DeviceKey, SiteCode};
use mdns_sd::{Receiver, ResolvedService, ServiceDaemon, ServiceEvent, ServiceInfo};

const SERVICE: &str = "_dutybook._tcp.local.";

/// What was heard.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// A device of this site says that it is here.
    Here {
        /// The key it says it has.
        device: DeviceKey,
        /// Where.
        addresses: Vec<SocketAddr>,
    },
    /// It is no longer heard.
    Gone {
        /// The device.
        device: DeviceKey,
    },
}

/// Announces and listens as long as it lives.
pub(super) struct Discovery {
    site: SiteCode,
    own: DeviceKey,
    running: Option<(ServiceDaemon, Receiver<ServiceEvent>)>,
    /// Who is who: the end of an announcement gives only its name.
    names: HashMap<String, DeviceKey>,
}

impl Discovery {
    pub(super) fn start(site: &SiteCode, own: DeviceKey, port: u16) -> Self {
        let running = announce(site, own, port);
        let running = running.inspect_err(|error| tracing::info!(%error, "devices near by cannot be looked for")).ok();
        Self { site: *site, own, running, names: HashMap::new() }
    }

    /// Waits for the next thing that is heard; for ever where nothing can be.
    pub(super) async fn next(&mut self) -> Heard {
        loop {
            let Some((_, events)) = &self.running else { return std::future::pending().await };
            match events.recv_async().await {
                Err(_) => self.running = None,
                Ok(event) => {
                    if let Some(heard) = self.understand(event) {
                        return heard;
                    }
                }
            }
        }
    }

    fn understand(&mut self, event: ServiceEvent) -> Option<Heard> {
        match event {
            ServiceEvent::ServiceResolved(service) => {
                let device = self.device_of(&service)?;
                let mut addresses: Vec<SocketAddr> = service
                    .addresses
                    .iter()
                    .map(mdns_sd::ScopedIp::to_ip_addr)
                    .filter(IpAddr::is_ipv4)
                    .map(|ip| SocketAddr::new(ip, service.port))
                    .collect();
                addresses.sort_unstable();
                self.names.insert(service.fullname.clone(), device);
                Some(Heard::Here { device, addresses })
            }
            ServiceEvent::ServiceRemoved(_, name) => Some(Heard::Gone { device: self.names.remove(&name)? }),
            _ => None,
        }
    }

    fn device_of(&self, service: &ResolvedService) -> Option<DeviceKey> {
        let said = |name| service.txt_properties.get_property_val_str(name);
        if said("site") != Some(self.site.as_str()) {
            return None;
        }
        let key: DeviceKey = said("key")?.parse().ok()?;
        (key != self.own).then_some(key)
    }
}

impl Drop for Discovery {
    fn drop(&mut self) {
        if let Some((daemon, _)) = &self.running {
            // Says goodbye to the others; whether they hear it or not, they forget this device in time.
            let _ = daemon.shutdown();
        }
    }
}

fn announce(
    site: &SiteCode,
    own: DeviceKey,
    port: u16,
) -> Result<(ServiceDaemon, Receiver<ServiceEvent>), mdns_sd::Error> {
    let daemon = ServiceDaemon::new()?;
    let key = own.to_string();
    let name = &key[..16];
    let said = [("site", site.as_str()), ("key", key.as_str())];
    let service = ServiceInfo::new(SERVICE, name, &format!("{name}.local."), "", port, &said[..])?.enable_addr_auto();
    daemon.register(service)?;
    let events = daemon.browse(SERVICE)?;
    Ok((daemon, events))
}
