using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>Runs an attack on another model of the same task and keeps the images that fool the model under test too.</summary>
/// <remarks>
/// Needs no gradient of the model under test, so it also breaks models whose gradients are masked: Papernot et al. 2016 (arXiv:1605.07277).
/// An image that the other model gets wrong from the start is left to the inner attack, which may return it unchanged.
/// </remarks>
/// <param name="inner">Runs with <see cref="AttackInput.Source"/> as its model.</param>
public sealed class TransferAttack(IAttack inner) : IAttack
{
    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There is no <see cref="AttackInput.Source"/>, or the inner attack refuses the input.</exception>
    public AttackOutcome Run(AttackInput input)
    {
        if (input.Source is null)
        {
            throw new ArgumentException("A transfer attack needs AttackInput.Source: the model that it takes gradients from.", nameof(input));
        }

        using var scope = NewDisposeScope();

        // Which samples are broken is known at the end only, when the model under test has seen the images.
        var found = inner.Run(input with { Model = input.Source, Source = null, Finished = (samples, _) => input.Finished?.Invoke(samples, 0) });
        var isBroken = Misclassification.Of(input.Model, found.Adversarial, input.Labels, input.BatchSize);
        input.Finished?.Invoke(0, isBroken.Count(broken => broken));

        var keep = tensor(isBroken, device: input.Images.device).reshape(-1, 1, 1, 1);
        return new AttackOutcome(where(keep, found.Adversarial, input.Images).MoveToOuterDisposeScope()) { ZeroGradients = found.ZeroGradients };
    }
}
