using Afa.Data;
using Xunit;

namespace Afa.Tests.Data;

public class ImageShapeTests
{
    [Fact]
    public void Parse_FourNumbers_IsTheShape_AndIsWrittenBack()
    {
        Assert.Equal(new ImageShape(5, 3, 64, 48), ImageShape.Parse("5x3x64x48"));
        Assert.Equal("5x3x64x48", ImageShape.Parse("5x3x64x48")!.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("10x3x32")]
    [InlineData("10x3x32x32x1")]
    [InlineData("0x3x32x32")]
    [InlineData("257x3x32x32")]   // Labels are bytes.
    [InlineData("10x2x32x32")]
    [InlineData("10x3x4097x32")]
    [InlineData("10x3x-32x32")]
    [InlineData("10x3x32x 32")]
    [InlineData("10X3X32X32")]
    [InlineData("10x3x32x99999999999")]
    public void Parse_AnythingElse_IsNull(string text) => Assert.Null(ImageShape.Parse(text));

    [Fact]
    public void Describe_OfAFolderThatIsNotHere_SaysWhatAModelNeeds()
    {
        var description = new ImageShape(5, 1, 64, 48).Describe("/nowhere/Chest Scans");

        Assert.Equal(new ImageShape(5, 1, 64, 48), ImageShape.Of(description));
        Assert.Equal(("chest-scans", "Chest Scans", 5), (description.Name, description.Title, description.ClassNames.Distinct().Count()));
    }
}
