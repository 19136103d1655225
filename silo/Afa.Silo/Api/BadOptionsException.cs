using System.ComponentModel.DataAnnotations;

namespace Afa.Silo.Api;

/// <summary>Options that cannot be met, with everything that is wrong with them.</summary>
internal sealed class BadOptionsException(IReadOnlyList<string> problems) : Exception(string.Join('\n', problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;

    /// <exception cref="BadOptionsException">The options do not pass their own checks.</exception>
    public static void ThrowIfAny(object options)
    {
        var found = new List<ValidationResult>();
        if (!Validator.TryValidateObject(options, new ValidationContext(options), found, validateAllProperties: true))
        {
            throw new BadOptionsException([.. found.Select(problem => problem.ErrorMessage!).Distinct()]);
        }
    }
}
