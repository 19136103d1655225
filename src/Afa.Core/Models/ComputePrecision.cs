using System.Diagnostics.CodeAnalysis;

namespace Afa.Models;

/// <summary>Number format in which convolutions and linear layers compute. Weights, statistics, features and logits are float32 in any case.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "The formats' own names, as every library of the field writes them.")]
public enum ComputePrecision
{
    /// <summary>24 bits of precision.</summary>
    Float32,

    /// <summary>8 bits of precision and float32's range, so that no loss scaling is needed. Quick where the device multiplies it natively.</summary>
    Bfloat16,
}
