"""What training minimises: the heatmap loss (Eq. 11), the mutual information terms (Eq. 10), and their sum (Eq. 12).

docs/adr/0003-mutual-information.md says what each term estimates, what is detached and what keeps it bounded.
Letters in shape comments stand in core/model/__init__.py.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.model.network.fami_pose import FamiPoseOutput


def heatmap_loss(heatmaps: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """L_H (Eq. 11): half the squared error, averaged over pixels and joints as in HRNet.

    Args:
        heatmaps: (B, K, h, w) predicted.
        targets: (B, K, h, w).
        weights: (B, K) 0 for joints that do not count; they still count in the average's denominator.
    """
    error = (heatmaps.float() - targets) * weights[:, :, None, None]
    return 0.5 * error.square().mean()


def spatial_cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy between the target as a distribution over the map, and the softmax over the map.

    It learns faster from nothing than the squared error, whose first minimum is a map of zeros.

    Args:
        logits: (B, K, h, w).
        targets: (B, K, h, w) Gaussians; maps without any value do not count.
        weights: (B, K).

    Returns:
        The weighted mean over joints, in nats; 0 where no joint counts.
    """
    return _weighted_mean(_cross_entropy(_distribution(targets), _log_softmax(logits)), _usable(targets, weights))


class MutualInformation(nn.Module):
    """The three terms of L_MI (Eq. 10), by variational self-distillation.

    Three heads predict the label's distribution over the map from z_t, from z_t+d and from the enhanced z~_t. They
    are fitted to the labels on detached features (term "heads"); within the information terms they are held, so
    that only features can change an estimate, and of the features only z~_t: every other side is detached.

    Args:
        channels: C.
        num_keypoints: K.
        alpha: weight of the complementary term; with 0 nothing of it is computed.
    """

    def __init__(self, channels: int, num_keypoints: int, alpha: float = 1.0) -> None:
        super().__init__()
        self.alpha = alpha
        self.key_head = nn.Conv2d(channels, num_keypoints, 1)
        self.supporting_head = nn.Conv2d(channels, num_keypoints, 1)
        self.enhanced_head = nn.Conv2d(channels, num_keypoints, 1)
        for head in (self.key_head, self.supporting_head, self.enhanced_head):
            nn.init.normal_(head.weight, std=0.001)
            nn.init.zeros_(head.get_parameter("bias"))

    def forward(self, output: FamiPoseOutput, targets: Tensor, weights: Tensor) -> dict[str, Tensor]:
        """The terms by name.

        Args:
            output: of the network, with gradients.
            targets: (B, K, h, w) Gaussians.
            weights: (B, K).

        Returns:
            "vanishing_key" I(y; z_t | z~_t) and "vanishing_supporting" I(y; z_t+d | z~_t), to be small;
            "complementary" I(y; z~_t | z_t), to be large; "mutual_information" L_MI, their sum as in Eq. 10; and
            "heads", the cross-entropy that fits the three heads. In nats, averaged over joints and neighbours. A
            term that is switched off, by an alpha of 0 or by a window without neighbours, is a constant 0.
        """
        label = _distribution(targets)
        usable = _usable(targets, weights)
        count = output.supporting_features.shape[1]
        key_features = output.key_features.detach()
        supporting_features = output.supporting_features.detach().flatten(0, 1)

        key = _log_softmax(_held(self.key_head, key_features))
        enhanced = _log_softmax(_held(self.enhanced_head, output.enhanced_features))
        vanishing_key = _weighted_mean(_divergence(key, enhanced), usable)
        vanishing_supporting = torch.zeros_like(vanishing_key)
        if count:
            supporting = _log_softmax(_held(self.supporting_head, supporting_features))
            vanishing_supporting = _weighted_mean(
                _divergence(supporting, enhanced.repeat_interleave(count, dim=0)),
                usable.repeat_interleave(count, dim=0),
            )
        complementary = torch.zeros_like(vanishing_key)
        if self.alpha != 0:
            # Nothing can say more about the label beyond z_t than the label itself: that bounds the maximised term.
            everything = _divergence(_log(label), key)
            complementary = _weighted_mean(torch.minimum(_divergence(enhanced, key), everything), usable)
        return {
            "vanishing_key": vanishing_key,
            "vanishing_supporting": vanishing_supporting,
            "complementary": complementary,
            "mutual_information": vanishing_key + vanishing_supporting - self.alpha * complementary,
            "heads": self._fit(output, label, usable),
        }

    def _fit(self, output: FamiPoseOutput, label: Tensor, usable: Tensor) -> Tensor:
        """The cross-entropy of each head's distribution with the label's, on detached features."""
        count = output.supporting_features.shape[1]
        pairs = [
            (self.key_head(output.key_features.detach()), label, usable),
            (self.enhanced_head(output.enhanced_features.detach()), label, usable),
        ]
        if count:
            logits = self.supporting_head(output.supporting_features.detach().flatten(0, 1))
            pairs.append((logits, label.repeat_interleave(count, 0), usable.repeat_interleave(count, 0)))
        terms = [_weighted_mean(_cross_entropy(truth, _log_softmax(logits)), w) for logits, truth, w in pairs]
        return torch.stack(terms).sum()


def _held(head: nn.Conv2d, features: Tensor) -> Tensor:
    """The head's logits, with gradients to the features and none to the head."""
    return F.conv2d(features, head.weight.detach(), head.get_parameter("bias").detach())


def _log_softmax(logits: Tensor) -> Tensor:
    """(B, K, h, w) to log-probabilities over the map (B, K, h * w)."""
    return F.log_softmax(logits.float().flatten(2), dim=2)


def _distribution(targets: Tensor) -> Tensor:
    """(B, K, h, w) Gaussians to probabilities (B, K, h * w); all zero where a map is."""
    flat = targets.float().flatten(2)
    return flat / flat.sum(dim=2, keepdim=True).clamp_min(torch.finfo(torch.float32).tiny)


def _log(probabilities: Tensor) -> Tensor:
    return probabilities.clamp_min(1e-30).log()


def _usable(targets: Tensor, weights: Tensor) -> Tensor:
    """(B, K) the weights, 0 where the target's map is empty."""
    return weights * (targets.flatten(2).amax(dim=2) > 0)


def _cross_entropy(truth: Tensor, log_predicted: Tensor) -> Tensor:
    """(B, K) of probabilities and log-probabilities (B, K, h * w)."""
    return -(truth * log_predicted).sum(dim=2)


def _divergence(log_p: Tensor, log_q: Tensor) -> Tensor:
    """(B, K) Kullback-Leibler divergence KL(p || q) of log-probabilities (B, K, h * w)."""
    return (log_p.exp() * (log_p - log_q)).sum(dim=2)


def _weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / weights.sum().clamp_min(1.0e-6)
