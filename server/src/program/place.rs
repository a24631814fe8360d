//! Where the drawings are that a command is about: a data folder, a Redis.

use std::path::PathBuf;

use anyhow::bail;
#[cfg(feature = "redis")]
use server::store::{RedisOptions, RedisPlace, Weaker};

/// What says where the drawings are.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    /// The data folder [default: the system's place for the program's data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The Redis that has the drawings, and not a folder
    #[cfg(feature = "redis")]
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    redis: Option<String>,
}

impl Place {
    /// The data folder.
    pub fn folder(&self) -> anyhow::Result<PathBuf> {
        if let Some(data) = &self.data {
            return Ok(data.clone());
        }
        match directories::ProjectDirs::from("", "", "linework") {
            Some(folders) => Ok(folders.data_dir().join("drawings")),
            None => bail!("there is no home folder to keep drawings in; name a folder with --data"),
        }
    }

    /// The URL of the Redis, if it is one.
    pub fn url(&self) -> Option<&str> {
        #[cfg(feature = "redis")]
        return self.redis.as_deref();
        #[cfg(not(feature = "redis"))]
        None
    }

    /// How to reach the Redis, if it is one: whatever it promises, since nothing is promised on.
    #[cfg(feature = "redis")]
    pub fn redis(&self) -> Option<RedisOptions> {
        let url = self.redis.as_ref()?;
        Some(RedisOptions { accept: Some(Weaker::Memory), ..RedisOptions::new(url) })
    }

    /// The Redis, if it is one.
    #[cfg(feature = "redis")]
    pub async fn connected(&self) -> anyhow::Result<Option<RedisPlace>> {
        match self.redis() {
            Some(options) => Ok(Some(RedisPlace::open(&options).await?)),
            None => Ok(None),
        }
    }
}
