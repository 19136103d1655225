namespace Afa.Models;

/// <summary>How far from zero the first weights of convolutions and linear layers are drawn, uniformly. Biases are zero.</summary>
public enum WeightInitialization
{
    /// <summary>Up to √(6 / fan_in): He et al. 2015 (arXiv:1502.01852), so that activations keep their size from layer to layer.</summary>
    He,

    /// <summary>Up to √(1 / fan_in), as PyTorch draws weights by default; there, biases are drawn as well.</summary>
    Pytorch,
}
