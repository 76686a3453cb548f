namespace Aim.TruthSets;

/// <summary>
/// What families call their children. A list of its own, so that the matcher is measured by nicknames that it wasn't told: two in five of these pairs aren't in its list.
/// </summary>
internal static class Nicknames
{
    private const string List = """
        Abigail=Abbs,Abi,Gail Alexander=Alix,Lexer,Xan,Alex Amelia=Melie,Mimi,Amie Andrew=Andi,Dru,Andy Anthony=Ant,Tone,Tony Benjamin=Benno,Benj,Ben Caleb=Cale,Cal
        Cameron=Camo,Cam Caroline=Caro,Lina,Carrie Cassidy=Cass,Cassie Charles=Chaz,Chas,Charlie Charlotte=Charlie,Lotta,Chari Christian=Kit,Krischan,Chris
        Christopher=Topher,Kip,Chris Daniel=Danno,Dano,Dan Daniela=Dani,Nela Dominic=Nic,Domi,Dom Edward=Eddy,Ned,Ted Eleanor=Elle,Leni,Ellie Elijah=Lije,Eli
        Elizabeth=Lisbet,Elsa,Beth Emily=Emi,Milly,Em Evelyn=Evvie,Lyn,Evie Ezekiel=Zeke,Ez Frances=Francie,Frankie,Fran Franklin=Frankie,Lin,Frank Gabriel=Gab,Gabe
        Gabriella=Gabs,Bri,Gabby Genevieve=Vieve,Gigi,Genny Gideon=Gid Harrison=Haz,Harry Isabella=Izzy,Ibby,Bella Isaiah=Zay,Ike Jackson=Jax,Jacks Jacob=Jakey,Coby,Jake
        James=Jem,Jimbo,Jim Jasmine=Jaz,Jazzy Jeremiah=Jem,Jerry Jonathan=Jonty,Jonny,Jon Joseph=Joss,Jojo,Joe Josephine=Posy,Fina,Josie Joshua=Joss,Josh
        Katherine=Kitty,Kath,Rina,Kate Kaitlyn=Kait,Kat Kenneth=Kennie,Ken Lawrence=Lars,Loz,Larry Lillian=Lils,Lilly Madeline=Mads,Lena,Maddie Mackenzie=Kenzie,Mac
        Margaret=Daisy,Greta,Maggie Matthew=Matty,Mats,Matt Maxwell=Maxie,Max Michael=Mick,Mikey,Mike Morgan=Mo,Morg Natalie=Tally,Nat Nathaniel=Nate,Than,Natty
        Nicholas=Klaus,Nicky,Nick Oliver=Olly,Noll Olivia=Liv,Livvy Patrick=Paddy,Packy,Pat Penelope=Nell,Pen,Penny Rebecca=Bex,Reba,Becky Richard=Ricky,Dickon,Rich
        Robert=Robin,Hob,Bob Rosalie=Rosa,Rory Russell=Rusty,Russ Samantha=Sammie,Mantha,Sam Samuel=Sammo,Sam Savannah=Vanna,Savvy Sebastian=Seb,Bash,Bastian
        Sophia=Fia,Sophy Stephen=Stevo,Steff,Steve Theodore=Teo,Dory,Theo Thomas=Tommo,Tam,Tom Timothy=Timo,Tim Tobias=Toby,Tobe Victoria=Tory,Vix,Vicky Vincent=Vin,Vinnie
        Virginia=Ginger,Ginny Vivian=Viv,Vivi William=Wim,Guillam,Bill Zachary=Zacko,Zac,Zach
        """;

    private static readonly Dictionary<string, string[]> Forms = List.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(item => item.Split('=')).ToDictionary(item => item[0], item => item[1].Split(','));

    public static IEnumerable<(string Name, string Form)> All => Forms.SelectMany(item => item.Value.Select(form => (item.Key, form)));

    public static IReadOnlyList<string> Of(string name) => Forms.GetValueOrDefault(name, []);
}
