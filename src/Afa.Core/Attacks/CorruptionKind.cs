namespace Afa.Attacks;

/// <summary>Common corruptions of Hendrycks and Dietterich 2019 (arXiv:1903.12261); each has severities 1 to 5.</summary>
public enum CorruptionKind
{
    /// <summary>Normal noise, as in poor light.</summary>
    GaussianNoise,

    /// <summary>Poisson noise of a sensor that counts photons.</summary>
    ShotNoise,

    /// <summary>Values that turn black or white.</summary>
    ImpulseNoise,

    /// <summary>Normal noise in proportion to the value.</summary>
    SpeckleNoise,

    GaussianBlur,

    /// <summary>A camera out of focus.</summary>
    DefocusBlur,

    /// <summary>A camera that moves in a random direction.</summary>
    MotionBlur,

    Brightness,

    Contrast,

    /// <summary>Paler at severities 1 and 2, more colorful from 3 on. Leaves images of one channel as they are: they have no color.</summary>
    Saturate,

    Fog,

    /// <summary>A smaller image that is enlarged.</summary>
    Pixelate,

    /// <summary>A random affine map, then random local shifts.</summary>
    ElasticTransform,
}
