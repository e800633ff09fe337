"""What a study has of its own pretraining: models, their texts and vocabularies, ensembles, and ablation."""

from polychron.study.laboratory.ablation import Ablation
from polychron.study.laboratory.ensembles import Ensembles
from polychron.study.laboratory.pretraining import Pretraining
from polychron.study.laboratory.texts import Texts
from polychron.study.laboratory.vocabularies import Vocabularies


class Laboratory(Pretraining, Texts, Vocabularies, Ensembles, Ablation):
    """The part of a study that is about models which are pretrained here."""
