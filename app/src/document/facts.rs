//! What the panels say of the selection, summed up once a change and not once a frame.

use std::collections::BTreeMap;

use drawing::{Color, LayerId, LineStyle, Lineweight};

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
}

impl Document {
    /// The selection in sum.
    pub fn facts(&mut self) -> Facts {
        if let Some((revision, facts)) = &self.facts
            && *revision == self.revision
        {
            return facts.clone();
        }
        let facts = self.sum_up();
        self.facts = Some((self.revision, facts.clone()));
        facts
    }

    fn sum_up(&self) -> Facts {
        let mut facts = Facts::default();
        let same = |first: bool, kept: &mut bool, equal: bool| *kept = first || (*kept && equal);
        let (mut layer, mut color, mut linetype, mut lineweight) = (false, false, false, false);
        let mut model = None;
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
            facts.held += usize::from(self.is_others(entity.id.into()));
        }
        if let Some(model) = model {
            facts.layer = layer.then_some(model.layer);
            facts.color = color.then_some(model.color);
            facts.linetype = linetype.then_some(model.linetype);
            facts.lineweight = lineweight.then_some(model.lineweight);
        }
        facts
    }
}
