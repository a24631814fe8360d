//! What the panels say of the selection, summed up once a change and not once a frame.

use std::collections::BTreeMap;
use std::sync::Arc;

use drawing::{Color, EntityId, LayerId, LineStyle, Lineweight, RecordId};
use protocol::SessionId;

use super::Document;

/// The selection in sum; a value is none where the selected differ in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// How many are selected.
    pub count: usize,
    /// How many of each kind, by the kind's name.
    pub kinds: BTreeMap<String, usize>,
    /// Their layer.
    pub layer: Option<LayerId>,
    /// Their colour.
    pub color: Option<Color>,
    /// Their linetype.
    pub linetype: Option<LineStyle>,
    /// Their lineweight.
    pub lineweight: Option<Lineweight>,
    /// How many of them others hold.
    pub held: usize,
    /// Whether the lock on one of them is asked for and not granted yet.
    pub asked: bool,
    /// Those that nobody else holds.
    pub outlined: Arc<[EntityId]>,
    /// Those whose lock lapsed.
    pub lapsed: Arc<[EntityId]>,
    /// What others are told of them.
    pub told: Vec<RecordId>,
    /// What others hold, selected or not.
    pub held_by: BTreeMap<SessionId, Arc<[EntityId]>>,
}

impl Document {
    /// The selection in sum.
    pub fn facts(&mut self) -> Arc<Facts> {
        if let Some((revision, facts)) = &self.facts
            && *revision == self.revision
        {
            return facts.clone();
        }
        let facts = Arc::new(self.sum_up());
        self.facts = Some((self.revision, facts.clone()));
        facts
    }

    fn sum_up(&self) -> Facts {
        let told = self.session.limits().ghost_records_max as usize;
        let mut facts = Facts {
            held_by: self.held_by_others().into_iter().map(|(session, ids)| (session, ids.into())).collect(),
            told: self.selection.iter().take(told).map(|id| RecordId(id.0)).collect(),
            ..Facts::default()
        };
        let same = |first: bool, kept: &mut bool, equal: bool| *kept = first || (*kept && equal);
        let (mut layer, mut color, mut linetype, mut lineweight) = (false, false, false, false);
        let mut model = None;
        let (mut outlined, mut lapsed) = (Vec::new(), Vec::new());
        for entity in self.selection.iter().filter_map(|id| self.drawing().entity(*id)) {
            let first = facts.count == 0;
            let style = &entity.style;
            let model = model.get_or_insert_with(|| style.clone());
            same(first, &mut layer, model.layer == style.layer);
            same(first, &mut color, model.color == style.color);
            same(first, &mut linetype, model.linetype == style.linetype);
            same(first, &mut lineweight, model.lineweight == style.lineweight);
            facts.count += 1;
            *facts.kinds.entry(entity.shape.kind().to_owned()).or_default() += 1;
            let record = entity.id.into();
            if self.is_others(record) {
                facts.held += 1;
                continue;
            }
            facts.asked |= self.session.is_asked(record);
            outlined.push(entity.id);
            if self.lapsed.contains(&record) {
                lapsed.push(entity.id);
            }
        }
        (facts.outlined, facts.lapsed) = (outlined.into(), lapsed.into());
        if let Some(model) = model {
            facts.layer = layer.then_some(model.layer);
            facts.color = color.then_some(model.color);
            facts.linetype = linetype.then_some(model.linetype);
            facts.lineweight = lineweight.then_some(model.lineweight);
        }
        facts
    }

    /// The layers by name, sorted when one of them changed and not in each frame.
    pub fn layers(&mut self) -> Arc<[LayerId]> {
        if let Some(layers) = &self.layers {
            return layers.clone();
        }
        let mut layers: Vec<_> = self.drawing().layers().collect();
        layers.sort_by_cached_key(|layer| layer.name.to_lowercase());
        let layers: Arc<[LayerId]> = layers.into_iter().map(|layer| layer.id).collect();
        self.layers = Some(layers.clone());
        layers
    }
}
