"""RoBERTa of several languages with separate embeddings, separate lower layers, or both.

The parameters of the first language have the names of RoBERTa's, those of the other languages are in ``more_…``. What
is separate is defined as by Wu et al. (2020, section 4.3): the embeddings are the table of pieces, the
positions and the layer norm after them; the softmax has the same table, a bias of its own, and the language's own
pieces alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from fairseq.models import register_model, register_model_architecture
from fairseq.models.roberta.model import RobertaEncoder, RobertaLMHead, RobertaModel, base_architecture
from fairseq.models.transformer import TransformerEncoder
from fairseq.modules import LayerNorm, PositionalEmbedding
from fairseq.modules.transformer_sentence_encoder import init_bert_params
from torch import Tensor, nn

SPECIAL = 4
"""The ids of <s>, <pad>, </s> and <unk> are in each softmax: fairseq asks for <s> and </s>, too."""

NEVER = -1e4
"""The bias of a piece that is not of the language: its probability is 0 in float32, and the number fits float16."""


class Grouped:
    """The rows of a batch, sorted by their language."""

    def __init__(self, lang_id: Tensor, languages: int) -> None:
        self.order = torch.argsort(lang_id, stable=True)
        self.back = torch.argsort(self.order)
        self.sizes = torch.bincount(lang_id, minlength=languages).tolist()

    def apply(self, functions: Sequence[Callable[..., Tensor]], *batches: Tensor | None, dim: int = 0) -> Tensor:
        """Apply the function of each language to its rows of sorted batches, and join what they return."""
        parts = [[None] * len(self.sizes) if b is None else b.split(self.sizes, dim) for b in batches]
        given = zip(functions, self.sizes, *parts, strict=True)
        return torch.cat([function(*rows) for function, size, *rows in given if size], dim)


class SeparateEncoder(TransformerEncoder):
    """A Transformer of which each language has its own lower parts."""

    def __init__(self, args: Any, dictionary: Any, embed_tokens: nn.Embedding, languages: int) -> None:
        super().__init__(args, dictionary, embed_tokens)
        self.languages, self.separate_layers = languages, args.separate_layers
        more = languages - 1 if args.separate_embeddings else 0
        size, width = embed_tokens.weight.shape
        self.more_tokens = nn.ModuleList(nn.Embedding(size, width, self.padding_idx) for _ in range(more))
        self.more_positions = nn.ModuleList(
            PositionalEmbedding(self.max_source_positions, width, self.padding_idx, learned=True) for _ in range(more)
        )
        self.more_norms = nn.ModuleList(LayerNorm(width) for _ in range(more))
        self.more_layers = nn.ModuleList(
            nn.ModuleList(self.build_encoder_layer(args) for _ in range(self.separate_layers))
            for _ in range(languages - 1 if self.separate_layers else 0)
        )

    def embeddings(self) -> list[Callable[[Tensor], Tensor]]:
        """Return what embeds the pieces of each language."""
        shared = (self.embed_tokens, self.embed_positions, self.layernorm_embedding)
        more = [*zip(self.more_tokens, self.more_positions, self.more_norms, strict=True)]
        own = [shared, *(more or [shared] * (self.languages - 1))]

        def of(tokens: nn.Module, positions: nn.Module, norm: nn.Module) -> Callable[[Tensor], Tensor]:
            return lambda ids: self.dropout_module(norm(self.embed_scale * tokens(ids) + positions(ids)))

        return [of(*parts) for parts in own]

    def forward(
        self,
        src_tokens: Tensor,
        src_lengths: Tensor | None = None,
        return_all_hiddens: bool = False,
        token_embeddings: Tensor | None = None,
        *,
        lang_id: Tensor,
    ) -> dict[str, list[Tensor]]:
        """Compute the hidden states as fairseq's encoder, each row by the parts of its language.

        Parameters
        ----------
        src_tokens : Tensor of int64, shape (rows, pieces)
        src_lengths, token_embeddings
            Are not used.
        return_all_hiddens : bool
        lang_id : Tensor of int64, shape (rows,)
            The language of each row.

        Returns
        -------
        dict
            ``encoder_out`` and ``encoder_states``: lists of tensors of shape (pieces, rows, dimensions).
        """
        grouped = Grouped(lang_id, self.languages)
        tokens = src_tokens[grouped.order]
        padding = tokens.eq(self.padding_idx)
        mask = padding if padding.any() else None
        x = grouped.apply(self.embeddings(), tokens)
        if mask is not None:
            x = x * (1 - padding.unsqueeze(-1).type_as(x))
        states = [x.transpose(0, 1)]
        for depth, layer in enumerate(self.layers):
            if depth < self.separate_layers:
                own = [layer, *(layers[depth] for layers in self.more_layers)]
                masks = None if mask is None else mask.unsqueeze(0)
                functions = [
                    lambda rows, hidden, module=module: module(rows, None if hidden is None else hidden.squeeze(0))
                    for module in own
                ]
                states.append(grouped.apply(functions, states[-1], masks, dim=1))
            else:
                states.append(layer(states[-1], mask))
        states = [state[:, grouped.back] for state in (states if return_all_hiddens else states[-1:])]
        return {"encoder_out": [states[-1]], "encoder_states": states if return_all_hiddens else []}


class SeparateHead(RobertaLMHead):
    """RobertaLMHead of which each language has its own table and bias, and predicts its own pieces alone."""

    def __init__(self, *rest: Any, encoder: SeparateEncoder) -> None:
        super().__init__(*rest)
        self.tables = [encoder.embed_tokens, *encoder.more_tokens]  # a list, so that they are saved once
        self.more_bias = nn.ParameterList(nn.Parameter(torch.zeros_like(self.bias)) for _ in encoder.more_tokens)

    def forward(self, features: Tensor, masked_tokens: Tensor | None = None, *, lang_id: Tensor, own: Tensor) -> Tensor:
        """Return the logits of the masked pieces, or of all: shape (..., ids)."""
        languages = lang_id.unsqueeze(1).expand(features.shape[:2])
        if masked_tokens is not None:
            features, languages = features[masked_tokens, :], languages[masked_tokens]
        x = self.layer_norm(self.activation_fn(self.dense(features)))
        if len(self.tables) == 1:
            return nn.functional.linear(x, self.weight) + self.bias
        grouped = Grouped(languages.reshape(-1), len(self.tables))
        biases = [self.bias, *self.more_bias]
        functions = [
            lambda rows, table=table, bias=bias, kept=kept: (
                nn.functional.linear(rows, table.weight) + torch.where(kept, bias, torch.full_like(bias, NEVER))
            )
            for table, bias, kept in zip(self.tables, biases, predicted(own), strict=True)
        ]
        logits = grouped.apply(functions, x.reshape(-1, x.shape[-1])[grouped.order])[grouped.back]
        return logits.reshape(*x.shape[:-1], -1)


def predicted(own: Tensor) -> Tensor:
    """Return which ids are in the softmax of each language: bool, shape (languages, ids)."""
    return own | (torch.arange(own.shape[1], device=own.device) < SPECIAL)


class BilingualEncoder(RobertaEncoder):
    """RobertaEncoder that knows which ids are of which language (``own``, kept in the checkpoint)."""

    def __init__(self, args: Any, dictionary: Any, own: Tensor) -> None:
        self.languages = len(own)
        super().__init__(args, dictionary)
        self.register_buffer("own", own)

    def build_encoder(self, args: Any, dictionary: Any, embed_tokens: nn.Embedding) -> SeparateEncoder:
        """Build the Transformer."""
        encoder = SeparateEncoder(args, dictionary, embed_tokens, self.languages)
        encoder.apply(init_bert_params)
        return encoder

    def build_lm_head(self, embed_dim: int, output_dim: int, activation_fn: str, weight: Tensor) -> SeparateHead:
        """Build what predicts the masked pieces."""
        return SeparateHead(embed_dim, output_dim, activation_fn, weight, encoder=self.sentence_encoder)

    def forward(
        self,
        src_tokens: Tensor,
        features_only: bool = False,
        return_all_hiddens: bool = False,
        masked_tokens: Tensor | None = None,
        *,
        lang_id: Tensor,
        **unused: Any,
    ) -> tuple[Tensor, dict[str, Any]]:
        """Return logits, or states of the last layer, and all states, as RobertaEncoder does."""
        found = self.sentence_encoder(src_tokens, return_all_hiddens=return_all_hiddens, lang_id=lang_id)
        x = found["encoder_out"][0].transpose(0, 1)
        if not features_only:
            x = self.lm_head(x, masked_tokens, lang_id=lang_id, own=self.own)
        return x, {"inner_states": found["encoder_states"] if return_all_hiddens else None}


@register_model("bilingual_roberta")
class BilingualRoberta(RobertaModel):
    """RoBERTa with parameters that are a language's own."""

    @staticmethod
    def add_args(parser: Any) -> None:
        """Add arguments of the model to the parser."""
        RobertaModel.add_args(parser)
        parser.add_argument("--separate-embeddings", action="store_true", help="each language has its own embeddings")
        parser.add_argument("--separate-layers", type=int, metavar="K", help="each language has its own layers 1 to K")

    @classmethod
    def build_model(cls, args: Any, task: Any) -> BilingualRoberta:
        """Build a model; the task has ``own`` and ``source_dictionary``."""
        bilingual_architecture(args)
        if getattr(args, "max_positions", None) is None:
            args.max_positions = args.tokens_per_sample
        return cls(args, BilingualEncoder(args, task.source_dictionary, task.own.clone()))


@register_model_architecture("bilingual_roberta", "bilingual_roberta")
def bilingual_architecture(args: Any) -> None:
    """Set what the command line does not name; fairseq leaves out flags that are not given."""
    args.separate_embeddings = getattr(args, "separate_embeddings", None) or False
    args.separate_layers = getattr(args, "separate_layers", None) or 0
    base_architecture(args)
