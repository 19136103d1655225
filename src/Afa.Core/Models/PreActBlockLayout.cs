namespace Afa.Models;

/// <summary>In what the published pre-activation blocks differ: names, and what the shortcut is.</summary>
/// <param name="ShortcutKernel">Side of the shortcut's kernel.</param>
/// <param name="ShortcutIsActivated">Whether the shortcut convolves the normalized and activated input, which both branches then share, instead of the raw one.</param>
/// <param name="Padding">Of the convolutions with a stride.</param>
internal sealed record PreActBlockLayout(
    string Norm1, string Conv1, string Norm2, string Conv2, string Shortcut,
    int ShortcutKernel = 1, bool ShortcutIsActivated = false, ConvolutionPadding Padding = ConvolutionPadding.Symmetric);
