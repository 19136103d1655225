using System.Diagnostics.CodeAnalysis;

namespace Afa.Grains;

/// <summary>How a <see cref="GradientSlice"/> writes its values.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "The formats' own names, as every library of the field writes them.")]
public enum GradientFormat : byte
{
    /// <summary>Four bytes, little-endian.</summary>
    Float32,

    /// <summary>The two upper bytes of a float32 whose lower ones are 0.</summary>
    Bfloat16,
}
