//! `faults`: the scenarios of `tests/src/faults`, on servers that may be stopped.
//!
//! The program that runs them asks for it on a socket, one request per connection: `stop postgres`, `start temporal`. Only this
//! program knows how its servers are started. PostgreSQL's data is on a small disk of its own, in memory, so that it can be full.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::net::{UnixListener, UnixStream},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context as _, bail};

use crate::{
    cargo,
    process::{self, Launch},
    setup::Kit,
    stack::{
        Server, Services,
        place::{Keeping, Place},
        ports::Ports,
    },
    ui,
};

/// Room for the databases of all scenarios, and little enough to be filled in a moment.
#[cfg(target_os = "linux")]
const DISK_MIB: u32 = 768;

/// Runs the scenarios that the arguments name.
pub(crate) fn run(kit: &Kit, faults_args: &[String]) -> anyhow::Result<ExitCode> {
    let [zapiki, faults] = cargo::build(kit, ["zapiki", "zapiki-faults"])?;
    let launch = Launch::new("zapiki-faults", faults).args(faults_args);
    let wants_no_servers = |arg: &String| ["--list", "--help", "-h"].contains(&arg.as_str());
    if faults_args.iter().any(wants_no_servers) {
        launch.run()?;
        return Ok(ExitCode::SUCCESS);
    }

    let mut place = Place::thrown_away(kit, "faults")?;
    place.keeping = Keeping::Crashed;
    let disk = match SmallDisk::mount(place.data.join("disk")) {
        Ok(disk) => Some(disk),
        Err(error) => {
            ui::warn(format_args!(
                "no small disk, so none will be full: {error:#}"
            ));
            None
        }
    };
    if let Some(disk) = &disk {
        place.database = disk.path.join("postgres");
    }
    let socket = place.data.join("control");
    let control = UnixListener::bind(&socket)
        .with_context(|| format!("cannot listen on {}", socket.display()))?;
    control
        .set_nonblocking(true)
        .context("cannot wait on the socket")?;
    let mut services = Services::start(kit, place, Ports::free()?)?;
    let mut launch = launch
        .env("ZAPIKI_TEST_PROGRAM", zapiki)
        .env("ZAPIKI_TEST_DATABASE_ADMIN_URL", services.admin_url())
        .env("ZAPIKI_TEST_TEMPORAL_URL", services.temporal_url())
        .env("ZAPIKI_FAULTS_CONTROL", &socket);
    // Declared after the services and so dropped before them, whose folder cannot be removed with a disk in it.
    let disk = disk;
    if let Some(disk) = &disk {
        launch = launch.env("ZAPIKI_FAULTS_DISK", &disk.path);
    }
    let faults = launch.start()?;
    let status = loop {
        if let Some(status) = faults.poll()? {
            break status;
        }
        match control.accept() {
            Ok((stream, _)) => answer(kit, &mut services, stream)?,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => process::pause(),
            Err(error) => return Err(error).context("the control socket failed"),
        }
    };
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Does what is asked for, and says so when it is done.
fn answer(kit: &Kit, services: &mut Services, mut stream: UnixStream) -> anyhow::Result<()> {
    stream
        .set_nonblocking(false)
        .context("cannot wait for a request")?;
    let mut request = String::new();
    BufReader::new(&stream)
        .read_line(&mut request)
        .context("a request breaks off")?;
    let done = obey(kit, services, request.trim());
    if let Err(error) = &done {
        ui::error(error);
    }
    let answer = if done.is_ok() { "done" } else { "failed" };
    writeln!(stream, "{answer}").context("nobody waits for the answer")
}

fn obey(kit: &Kit, services: &mut Services, request: &str) -> anyhow::Result<()> {
    match request {
        "stop postgres" => services.stop(Server::Postgres),
        "stop temporal" => services.stop(Server::Temporal),
        "start postgres" => services.start_again(kit, Server::Postgres)?,
        "start temporal" => services.start_again(kit, Server::Temporal)?,
        other => bail!("nobody knows how to `{other}`"),
    }
    Ok(())
}

/// A small disk for this process and its children alone: it vanishes with the last of them, if not before.
#[derive(Debug)]
struct SmallDisk {
    path: PathBuf,
}

#[cfg(target_os = "linux")]
impl SmallDisk {
    fn mount(path: PathBuf) -> anyhow::Result<Self> {
        use nix::{
            mount::{MsFlags, mount},
            sched::{CloneFlags, unshare},
        };

        crate::file::make_dir(&path)?;
        unshare(CloneFlags::CLONE_NEWNS).context("no view of the disks of its own")?;
        let (nothing, options) = (None::<&str>, format!("size={DISK_MIB}m,mode=755"));
        let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(nothing, "/", nothing, private, nothing)
            .context("the view of the disks cannot be kept to itself")?;
        let (kind, none) = (Some("tmpfs"), MsFlags::empty());
        mount(kind, &path, kind, none, Some(&*options))
            .with_context(|| format!("cannot mount a disk on {}", path.display()))?;
        Ok(Self { path })
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        use nix::mount::{MntFlags, umount2};
        // PostgreSQL, which has files open there, goes next; what is left is gone with this process.
        let _gone = umount2(&self.path, MntFlags::MNT_DETACH);
    }
}

#[cfg(not(target_os = "linux"))]
impl SmallDisk {
    fn mount(_path: PathBuf) -> anyhow::Result<Self> {
        bail!("it takes Linux")
    }
}
